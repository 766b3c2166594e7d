import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { WorkbenchWindow } from './workbenchWindow';

const folder = process.env['PALMTREE_SCREENSHOTS'];

export interface PictureOptions {
  /** Keeps the panel with the terminal in the picture. */
  readonly panel?: boolean;
  /** The element under the pointer: a view and its rows show their buttons there. */
  readonly pointer?: Locator;
}

/** Takes a picture for the README, if `PALMTREE_SCREENSHOTS` names a folder for pictures. */
export async function picture(window: WorkbenchWindow, name: string, options: PictureOptions = {}): Promise<void> {
  if (folder === undefined) return;
  const panel = window.page.locator('.part.panel');
  if (options.panel !== true && (await panel.isVisible())) {
    await panel.getByRole('button', { name: 'Hide Panel' }).click();
    await panel.waitFor({ state: 'hidden' });
  }
  await options.pointer?.hover();
  await window.screenshot(join(folder, `${name}.png`));
}

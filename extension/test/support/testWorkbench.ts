import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../scripts/chromium.mts';
import { onStop } from '../../scripts/liveChildren.mjs';
import { vsixFile } from '../../scripts/paths.mts';
import { installExtension, startWorkbench, type Workbench, type WorkbenchOptions } from '../../scripts/workbench.mts';
import { WorkbenchWindow } from './workbenchWindow';

export interface TestWorkbenchOptions extends Pick<WorkbenchOptions, 'env' | 'settings' | 'trust' | 'keepHosts'> {
  /** The package to install; without it, the one that was built last. Null installs none. */
  readonly vsix?: string | null;
}

/**
 * A workbench of its own with the packed extension in a new profile, and a browser to look at it.
 * Each window has a browser profile of its own: its secrets and its global state are nobody else's.
 */
export class TestWorkbench {
  readonly userDataDir: string;
  private readonly workbench: Workbench;
  private readonly browser: Browser;
  private readonly closing: () => Promise<void>;

  private constructor(userDataDir: string, workbench: Workbench, browser: Browser, closing: () => Promise<void>) {
    this.userDataDir = userDataDir;
    this.workbench = workbench;
    this.browser = browser;
    this.closing = closing;
  }

  static async start(options: TestWorkbenchOptions = {}): Promise<TestWorkbench> {
    const scratch = await mkdtemp(join(tmpdir(), 'palmtree-ui-'));
    const profile = { userDataDir: join(scratch, 'user-data'), extensionsDir: join(scratch, 'extensions') };
    const removeScratch = (): Promise<void> => rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    const forget = onStop(removeScratch);
    if (options.vsix !== null) await installExtension(options.vsix ?? vsixFile, profile);
    const workbench = await startWorkbench({
      ...profile,
      ...(options.env ? { env: options.env } : {}),
      ...(options.trust ? { trust: true } : {}),
      ...(options.keepHosts ? { keepHosts: true } : {}),
      settings: { 'explorer.compactFolders': false, ...options.settings },
    });
    const browser = await launchChromium();
    return new TestWorkbench(profile.userDataDir, workbench, browser, async () => {
      await browser.close();
      await workbench.close();
      await removeScratch();
      forget();
    });
  }

  /** Opens a folder, or a .code-workspace file, in a window of its own. */
  async openFolder(folder: string): Promise<WorkbenchWindow> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
    const window = new WorkbenchWindow(await context.newPage());
    await window.open(this.workbench.urlFor(folder));
    return window;
  }

  /** Ends the browser and the workbench and removes the profile. */
  close(): Promise<void> {
    return this.closing();
  }
}

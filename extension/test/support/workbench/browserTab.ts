import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchProfile } from '../../../scripts/workbench/chromium.mts';
import { timeoutMs } from '../timeout.mts';
import { WorkbenchWindow } from './workbenchWindow';

/**
 * The browser tab in which one test after the other opens its window. A tab that has shown a workbench before opens the
 * next in half the time: it keeps the compiled scripts.
 */
export class BrowserTab {
  readonly #context: BrowserContext;
  /** Shows the shared workbench, and is kept for the next test. */
  #kept: Page | undefined;
  /** Shows the workbench of one test. */
  #guest: Page | undefined;
  readonly #beside: Page[] = [];

  private constructor(context: BrowserContext) {
    this.#context = context;
  }

  static async launch(): Promise<BrowserTab> {
    const context = await launchProfile({ width: 1280, height: 800 });
    context.setDefaultTimeout(timeoutMs);
    return new BrowserTab(context);
  }

  /** Opens this address of the shared workbench in place of the window that the tab shows. */
  async open(url: string): Promise<WorkbenchWindow> {
    this.#kept ??= await this.#newPage();
    return openWindow(this.#kept, url);
  }

  /** Opens this address of a workbench of the test's own in place of the window that the tab shows. */
  async openGuest(url: string): Promise<WorkbenchWindow> {
    this.#guest ??= await this.#newPage();
    return openWindow(this.#guest, url);
  }

  /** Opens this address beside the window that the tab shows, in a language as if its language pack were installed. */
  async openBeside(url: string, language = 'en'): Promise<WorkbenchWindow> {
    const page = await this.#newPage();
    if (language !== 'en') await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = '${language}'`);
    this.#beside.push(page);
    return openWindow(page, url);
  }

  async closeBeside(): Promise<void> {
    for (const page of this.#beside.splice(0)) await page.close();
  }

  /** Closes the window: its extension host ends. */
  async leave(): Promise<void> {
    await this.#guest?.close();
    this.#guest = undefined;
    // A page of the same origin stays in the process that has the compiled scripts.
    await this.#kept?.goto(new URL('/healthz', this.#kept.url()).href);
  }

  /** Closes the tab, so that everything that a failed test left running in it fails at once. The next test gets another. */
  async discard(test: string): Promise<void> {
    const pages = [this.#guest, this.#kept].filter((page) => page !== undefined);
    const folder = process.env['PALMTREE_FAILURES'];
    // A page that crashed has no picture.
    if (folder !== undefined) await pages[0]?.screenshot({ path: join(folder, fileName(test)) }).catch(() => undefined);
    this.#guest = undefined;
    this.#kept = undefined;
    for (const page of pages) await page.close();
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  async #newPage(): Promise<Page> {
    const page = await this.#context.newPage();
    page.once('crash', () => {
      if (this.#kept === page) this.#kept = undefined;
      if (this.#guest === page) this.#guest = undefined;
    });
    return page;
  }
}

async function openWindow(page: Page, url: string): Promise<WorkbenchWindow> {
  await page.goto(url);
  const window = new WorkbenchWindow(page);
  if (new URL(url).searchParams.has('workspace')) await window.showsFolders();
  return window;
}

function fileName(test: string): string {
  return `${test.replaceAll(/[^a-z0-9]+/gi, '-')}.png`;
}

import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../scripts/workbench/chromium.mts';
import { vsixFile } from '../scripts/paths.mts';
import { installExtension, startWorkbench, type Workbench } from '../scripts/workbench/workbench.mts';
import { makeFiles } from './inputs.mts';
import type { Figures, Benchmark } from './measure.mts';
import type { Testbed } from './testbed.mts';

const timeoutMs = 30_000;
/** The input can lose the focus while it is typed into. */
const maxAttempts = 3;
const extensionId = 'palmtree.palmtree-sync';

/** The activation of the packed extension, as VS Code itself measures it. */
export async function* activation(testbed: Testbed): AsyncGenerator<Benchmark> {
  const { mediumFiles, slowestRounds } = testbed.scale;
  const editor = await Editor.open(testbed);
  try {
    await withRetries(() => editor.track());
    const measured: Figures[] = [];
    const measureActivation = async (): Promise<Figures> => {
      const figures = await withRetries(() => editor.activation());
      measured.push(figures);
      return figures;
    };
    yield {
      id: 'activation',
      title: `Activation in VS Code with ${mediumFiles.toLocaleString('en')} tracked files, until the first await`,
      variants: [{ name: 'Palmtree', run: measureActivation }],
      targets: [{ max: 100 }],
      rounds: slowestRounds,
    };
    yield {
      id: 'activation-load',
      title: 'Activation: loading the code before it, in the same windows',
      figure: 'loadMs',
      variants: [{ name: 'Palmtree', run: async () => measured.shift() ?? (await editor.activation()) }],
      targets: [],
      rounds: slowestRounds,
    };
  } finally {
    await editor.close();
  }
}

async function withRetries<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === maxAttempts) throw error;
    }
  }
}

/** A workbench in a browser, with a folder of many files. */
class Editor {
  readonly #workbench: Workbench;
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #url: string;

  private constructor(workbench: Workbench, browser: Browser, page: Page, url: string) {
    this.#workbench = workbench;
    this.#browser = browser;
    this.#page = page;
    this.#url = url;
  }

  static async open(testbed: Testbed): Promise<Editor> {
    const folder = testbed.path('edited');
    makeFiles(join(folder, 'notes'), testbed.scale.mediumFiles, 2048);
    const profile = { userDataDir: testbed.path('profile'), extensionsDir: testbed.path('extensions') };
    await installExtension(vsixFile, profile);
    const { url, token } = testbed.server;
    const workbench = await startWorkbench({
      ...profile,
      env: { PALMTREE_SERVER_URL: url, PALMTREE_TOKEN: token },
      settings: { 'palmtree.serverUrl': url, 'palmtree.tree': testbed.newTree() },
    });
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(timeoutMs);
    return new Editor(workbench, browser, page, workbench.urlFor(folder));
  }

  /** Tracks all files in the folder. */
  async track(): Promise<void> {
    await this.#show();
    await this.#run('Palmtree: Track for sync');
    await this.#palette.getByText('Files and folders').waitFor();
    await this.#input.fill('notes');
    await this.#input.press('Enter');
    await this.#indicator('↑').waitFor();
  }

  /** Opens a new window and reads the extension's row in its "Startup Performance" page. */
  async activation(): Promise<Figures> {
    await this.#show();
    await this.#indicator('↑').waitFor();
    await this.#run('Developer: Startup Performance');
    const line = this.#page.locator('.view-line', { hasText: extensionId });
    // The editor renders only the lines on the screen.
    await this.#page.locator('.view-line', { hasText: 'System Info' }).click();
    await this.#page.keyboard.press('Control+f');
    await this.#page.locator('.find-widget textarea').first().fill(extensionId);
    const [, , , load, call] = (await line.innerText()).split('|').map((cell) => Number(cell.trim()));
    if (load === undefined || call === undefined)
      throw new Error('The page "Startup Performance" has no row for the extension.');
    return { ms: call, loadMs: load };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#workbench.close();
  }

  async #show(): Promise<void> {
    await this.#page.goto(this.#url);
    await this.#indicator('').waitFor();
  }

  #indicator(text: string) {
    return this.#page.locator('[id="palmtree.palmtree-sync.push"]', { hasText: text });
  }

  get #palette() {
    return this.#page.locator('.quick-input-widget');
  }

  get #input() {
    return this.#palette.locator('input[type=text]').first();
  }

  async #run(title: string): Promise<void> {
    await this.#page.keyboard.press('F1');
    await this.#input.fill(`>${title}`);
    await this.#palette.locator('.monaco-list-row').getByText(title, { exact: true }).first().click();
  }
}

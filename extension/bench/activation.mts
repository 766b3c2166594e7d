import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../scripts/chromium.mts';
import { vsixFile } from '../scripts/paths.mts';
import { installExtension, startWorkbench, type Workbench } from '../scripts/workbench.mts';
import { makeFiles } from './inputs.mts';
import type { Figures, Work } from './measure.mts';
import type { Stage } from './stage.mts';

const patienceMs = 30_000;
/** Something else may take the focus from what is typed into. */
const tries = 3;
const extensionId = 'palmtree.palmtree-sync';

/** What VS Code itself says of the packed extension. */
export async function* activation(stage: Stage): AsyncGenerator<Work> {
  const { some, longestRounds } = stage.scale;
  const editor = await Editor.open(stage);
  try {
    await tried(() => editor.track());
    const seen: Figures[] = [];
    const look = async (): Promise<Figures> => {
      const figures = await tried(() => editor.activation());
      seen.push(figures);
      return figures;
    };
    yield {
      id: 'activation',
      title: `Activation in VS Code with ${some.toLocaleString('en')} tracked files, until the first await`,
      contenders: [{ name: 'Palmtree', run: look }],
      targets: [{ most: 100 }],
      rounds: longestRounds,
    };
    yield {
      id: 'activation-load',
      title: 'The same windows: loading the code before it',
      figure: 'loadMs',
      contenders: [{ name: 'Palmtree', run: async () => seen.shift() ?? (await editor.activation()) }],
      targets: [],
      rounds: longestRounds,
    };
  } finally {
    await editor.close();
  }
}

async function tried<T>(work: () => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** A workbench in a browser, on a folder of many files. */
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

  static async open(stage: Stage): Promise<Editor> {
    const folder = stage.path('edited');
    makeFiles(join(folder, 'notes'), stage.scale.some, 2048);
    const profile = { userDataDir: stage.path('profile'), extensionsDir: stage.path('extensions') };
    await installExtension(vsixFile, profile);
    const { url, token } = stage.server;
    const workbench = await startWorkbench({
      ...profile,
      env: { PALMTREE_SERVER_URL: url, PALMTREE_TOKEN: token },
      settings: { 'palmtree.serverUrl': url, 'palmtree.tree': stage.newTree() },
    });
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(patienceMs);
    return new Editor(workbench, browser, page, workbench.urlFor(folder));
  }

  /** Tracks all that is in the folder, once. */
  async track(): Promise<void> {
    await this.#show();
    await this.#run('Palmtree: Track for sync');
    await this.#palette.getByText('Files and folders').waitFor();
    await this.#input.fill('notes');
    await this.#input.press('Enter');
    await this.#indicator('↑').waitFor();
  }

  /** What a new window's "Startup Performance" tells of the extension. */
  async activation(): Promise<Figures> {
    await this.#show();
    await this.#indicator('↑').waitFor();
    await this.#run('Developer: Startup Performance');
    const line = this.#page.locator('.view-line', { hasText: extensionId });
    // What is not on the screen is not there to be read.
    await this.#page.locator('.view-line', { hasText: 'System Info' }).click();
    await this.#page.keyboard.press('Control+f');
    await this.#page.locator('.find-widget textarea').first().fill(extensionId);
    const [, , , load, call] = (await line.innerText()).split('|').map((cell) => Number(cell.trim()));
    if (load === undefined || call === undefined) throw new Error('VS Code tells nothing of the activation.');
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

import type { Locator, Page } from 'playwright-core';
import type { QuickInputPart } from './quickInputPart';

/** The editor group: its tabs, and the text, diff or merge that it shows. */
export class EditorPart {
  readonly #page: Page;
  readonly #quickInput: QuickInputPart;

  constructor(page: Page, quickInput: QuickInputPart) {
    this.#page = page;
    this.#quickInput = quickInput;
  }

  /** The tab of a file, or of a diff or a merge of it. */
  tab(name: string): Locator {
    return this.#group.locator(`.tab[data-resource-name=${JSON.stringify(name)}]`);
  }

  /** The tab with this title. */
  titled(title: string): Locator {
    return this.#group.getByRole('tab', { name: title });
  }

  /** The shown text. */
  get lines(): Locator {
    return this.#group.locator('.monaco-editor .view-lines');
  }

  /** The older version in the shown diff. */
  get original(): Locator {
    return this.#group.locator('.monaco-diff-editor .original .view-lines');
  }

  /** The newer version in the shown diff. */
  get modified(): Locator {
    return this.#group.locator('.monaco-diff-editor .modified .view-lines');
  }

  get mergeEditor(): Locator {
    return this.#group.locator('.merge-editor');
  }

  /** An action above the first conflict, in the merge editor or in a text with markers. */
  conflictAction(name: string): Locator {
    const isWhole = name === 'Accept Mine';
    return this.#group.locator('.monaco-editor').getByText(name, { exact: isWhole }).first();
  }

  /** Clicks a button in the title of the group. */
  async titleAction(name: string): Promise<void> {
    await this.#group.locator('.editor-actions').getByRole('button', { name }).click();
  }

  /** Opens a file of the workspace by its path, as Ctrl+P does. */
  async open(path: string): Promise<void> {
    const name = path.split('/').at(-1) ?? path;
    await this.#quickInput.find('ControlOrMeta+P', path, name);
    await this.tab(name).waitFor();
    await this.lines.waitFor();
  }

  /** Replaces the whole shown text. */
  async replaceAll(text: string): Promise<void> {
    await this.lines.click();
    await this.#page.keyboard.press('ControlOrMeta+A');
    await this.#page.keyboard.insertText(text);
  }

  /** Types at the end of the shown text. */
  async append(text: string): Promise<void> {
    await this.lines.click();
    await this.#page.keyboard.press('ControlOrMeta+End');
    await this.#page.keyboard.insertText(text);
  }

  /** Saves what is shown, and waits until its tab is no longer marked as changed. */
  async save(): Promise<void> {
    await this.#group.locator('.tab.active.dirty').waitFor();
    await this.#page.keyboard.press('ControlOrMeta+S');
    await this.#group.locator('.tab.active:not(.dirty)').waitFor();
  }

  get #group(): Locator {
    return this.#page.locator('.part.editor .editor-group-container.active');
  }
}

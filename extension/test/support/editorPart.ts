import type { Locator, Page } from 'playwright-core';
import type { QuickInputPart } from './quickInputPart';

/** The text editors. */
export class EditorPart {
  private readonly page: Page;
  private readonly quickInput: QuickInputPart;

  constructor(page: Page, quickInput: QuickInputPart) {
    this.page = page;
    this.quickInput = quickInput;
  }

  tab(name: string): Locator {
    return this.page.locator(`.tab[data-resource-name=${JSON.stringify(name)}]`);
  }

  /** Opens a file of the workspace by its path, as with Ctrl+P. */
  async open(path: string): Promise<void> {
    const name = path.split('/').at(-1) ?? path;
    await this.quickInput.find('ControlOrMeta+P', path, name);
    await this.tab(name).waitFor();
    await this.content.waitFor();
  }

  /** Puts the text in the place of the whole content of the shown editor. */
  async replaceAll(text: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.insertText(text);
  }

  /** Types at the end of the shown editor. */
  async append(text: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.press('ControlOrMeta+End');
    await this.page.keyboard.insertText(text);
  }

  /** Saves the shown editor, and waits until its tab is no longer marked as changed. */
  async save(): Promise<void> {
    await this.page.locator('.tab.active.dirty').waitFor();
    await this.page.keyboard.press('ControlOrMeta+S');
    await this.page.locator('.tab.active:not(.dirty)').waitFor();
  }

  async text(): Promise<string> {
    return (await this.content.locator('.view-lines').innerText()).replaceAll('\u00a0', ' ');
  }

  private get content(): Locator {
    return this.page.locator('.editor-group-container.active .monaco-editor');
  }

  private async focus(): Promise<void> {
    await this.content.locator('.view-lines').click();
  }
}

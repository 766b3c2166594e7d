import type { Locator, Page } from 'playwright-core';
import { RowsPart } from './rowsPart';

/** The Source Control view. */
export class ScmPart extends RowsPart {
  readonly #page: Page;
  readonly #view: Locator;

  constructor(page: Page) {
    const view = page.locator('.part.sidebar .scm-view');
    super(page, view);
    this.#page = page;
    this.#view = view;
  }

  /** The row of a group, with the number of its resources. */
  group(title: string | RegExp): Locator {
    return this.all.filter({ has: this.#page.locator('.resource-group .name', { hasText: title }) });
  }

  /** Clicks a row. */
  async open(name: string): Promise<void> {
    // The tooltip of the view's icon covers rows as long as the pointer rests there.
    await this.#page.mouse.move(0, 0);
    await this.row(name).click();
  }

  /** Clicks a button that a group's row shows while the pointer is on it. */
  async groupAction(title: string, action: string): Promise<void> {
    const group = this.group(title);
    await this.#page.mouse.move(0, 0);
    await group.hover();
    await group.getByRole('button', { name: action }).click();
  }

  get tree(): Locator {
    return this.#view.getByRole('tree');
  }

  /** The input box. */
  get input(): Locator {
    return this.#view.locator('.scm-editor');
  }

  async typeMessage(text: string): Promise<void> {
    await this.#focusInput();
    await this.#page.keyboard.type(text);
  }

  async pressInInput(key: string): Promise<void> {
    await this.#focusInput();
    await this.#page.keyboard.press(key);
  }

  async #focusInput(): Promise<void> {
    await this.input.locator('.monaco-editor').click();
    await this.input.locator('.monaco-editor.focused').waitFor();
  }
}

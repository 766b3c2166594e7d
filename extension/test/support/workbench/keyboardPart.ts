import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';
import { timeoutMs } from '../timeout.mts';
import { MenuPart } from './menuPart';
import { QuickInputPart } from './quickInputPart';
import type { ViewPart } from './viewPart';

/** The longest that the window takes to follow a key, in ms. After that, something that took the focus has the key. */
const attemptMs = 10_000;
/** More than any list of the tests has items. */
const maxMoves = 40;

/** The keys of a user without a mouse. */
export class KeyboardPart {
  readonly #page: Page;
  readonly #quickInput: QuickInputPart;

  constructor(page: Page) {
    this.#page = page;
    this.#quickInput = new QuickInputPart(page);
  }

  press(key: string): Promise<void> {
    return this.#page.keyboard.press(key);
  }

  /** Runs a command by its full title with the palette. */
  async runCommand(title: string): Promise<void> {
    await vi.waitFor(
      async () => {
        if (await this.#quickInput.input.isVisible()) await this.#quickInput.cancel();
        await this.press('F1');
        await this.#quickInput.input.fill(`>${title}`, { timeout: attemptMs });
        // The list has the focus on its first row.
        const row = this.#quickInput.row(title).and(this.#page.locator('.focused'));
        await row.waitFor({ timeout: attemptMs });
        await this.press('Enter');
      },
      { timeout: timeoutMs },
    );
  }

  /** Checks or unchecks the pick with this label, in a list with checkboxes. */
  async togglePick(label: string): Promise<void> {
    await this.#quickInput.row(label).waitFor();
    await this.#moveDownTo(this.#quickInput.row(label).and(this.#focused));
    await this.press('Space');
  }

  /** Moves the focus to a row of the view, which has the focus or is about to get it. */
  async focusRow(view: ViewPart, name: string): Promise<void> {
    await view.pane.locator('.monaco-list:focus').waitFor();
    await view.row(name).first().waitFor();
    await this.press('Home');
    await this.#moveDownTo(view.row(name).and(this.#focused));
  }

  /** Picks an item from the menu of the focused row. */
  async pickFromMenu(item: string): Promise<void> {
    const menu = new MenuPart(this.#page);
    await this.press('Shift+F10');
    await menu.item(item).waitFor();
    await this.#moveDownTo(menu.item(item).and(this.#page.locator(':focus')));
    await this.press('Enter');
    await menu.items.first().waitFor({ state: 'hidden' });
  }

  get #focused(): Locator {
    return this.#page.locator('.focused');
  }

  /** The list follows a key at once. Throws if it has no such item. */
  async #moveDownTo(focused: Locator): Promise<void> {
    for (let moves = 0; moves < maxMoves; moves++) {
      if ((await focused.count()) > 0) return;
      await this.press('ArrowDown');
    }
    throw new Error(`The focus does not get to ${focused.toString()}`);
  }
}

import type { Locator, Page } from 'playwright-core';

/** The open context menu or drop-down menu, with its submenus. */
export class MenuPart {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get items(): Locator {
    return this.#container.getByRole('menuitem');
  }

  item(name: string): Locator {
    return this.#container.getByRole('menuitem', { name, exact: true });
  }

  /** Waits for the menu, and returns the names of its items. */
  async names(): Promise<string[]> {
    await this.items.first().waitFor();
    const texts = await this.items.allInnerTexts();
    return texts.map((text) => text.split('\n')[0] ?? '');
  }

  /** Picks an item by way of its submenus. Throws if the menu closes before, after at most `timeout` ms per step. */
  async pick(names: readonly string[], timeout?: number): Promise<void> {
    const options = timeout === undefined ? {} : { timeout };
    for (const name of names) {
      // With the keyboard: a mouse button that goes up within 250 ms of the menu's opening is ignored.
      await this.item(name).hover(options);
      await this.item(name).press('Enter', options);
    }
    await this.#container.waitFor({ state: 'hidden' });
  }

  async close(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.#container.waitFor({ state: 'hidden' });
  }

  get #container(): Locator {
    return this.#page.locator('.monaco-menu-container');
  }
}

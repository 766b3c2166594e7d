import type { Locator, Page } from 'playwright-core';

/** The terminal that the panel shows. */
export class TerminalPart {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Waits until the screen shows this, and returns the screen. The terminal breaks long lines. */
  async waitFor(expected: string): Promise<string> {
    // The screen has no-break spaces in older workbenches and spaces in newer ones.
    const either = this.#screen
      .filter({ hasText: expected })
      .or(this.#screen.filter({ hasText: expected.replaceAll(' ', '\u00a0') }));
    return (await either.innerText()).replaceAll('\u00a0', ' ');
  }

  async press(key: string): Promise<void> {
    await this.#shown.locator('.xterm-helper-textarea').press(key);
  }

  get #screen(): Locator {
    return this.#shown.locator('.xterm-rows');
  }

  get #shown(): Locator {
    return this.#page.locator('.part.panel .terminal-wrapper.active');
  }
}

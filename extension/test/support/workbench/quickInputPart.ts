import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';
import { exactly } from './exactly';
import { timeoutMs } from '../timeout.mts';

/** The longest that a palette takes to show its results, in ms. After that, something that took the focus has closed it. */
const attemptMs = 10_000;

/** The palette, input boxes, pick lists, and the simple open and save dialogs. */
export class QuickInputPart {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get input(): Locator {
    return this.#page.locator('.quick-input-widget input[type=text]:visible');
  }

  get passwordInput(): Locator {
    return this.#page.locator('.quick-input-widget input[type=password]:visible');
  }

  get rows(): Locator {
    return this.#widget.locator('.quick-input-list .monaco-list-row');
  }

  /** The message below the input, such as the reason for rejecting the text. */
  get message(): Locator {
    return this.#widget.locator('.quick-input-message');
  }

  get title(): Locator {
    return this.#widget.locator('.quick-input-title');
  }

  /** The input with this prompt or placeholder. */
  showing(prompt: string | RegExp): Locator {
    const withText = this.#widget.filter({ hasText: prompt });
    return withText.or(this.#widget.filter({ has: this.#page.getByPlaceholder(prompt) }));
  }

  async filter(text: string): Promise<void> {
    await this.input.fill(text);
  }

  /** Opens the palette by its key, types, and picks the row with this label. */
  async find(key: string, text: string, label: string): Promise<void> {
    await vi.waitFor(
      async () => {
        if (await this.input.isVisible()) await this.cancel();
        await this.#page.keyboard.press(key);
        await this.input.fill(text, { timeout: attemptMs });
        await this.row(label).click({ timeout: attemptMs });
      },
      { timeout: timeoutMs },
    );
  }

  /** Fills the input box that shows this prompt or placeholder, and accepts. */
  async answer(text: string, prompt?: string | RegExp): Promise<void> {
    if (prompt !== undefined) await this.showing(prompt).waitFor();
    await this.filter(text);
    await this.input.press('Enter');
  }

  /** Fills the input box that hides what is typed, and accepts. */
  async answerPassword(text: string): Promise<void> {
    await this.passwordInput.fill(text);
    await this.passwordInput.press('Enter');
  }

  row(label: string): Locator {
    return this.rows.filter({ has: this.#page.locator('.label-name', { hasText: exactly(label) }) });
  }

  async pick(label: string): Promise<void> {
    await this.row(label).click();
  }

  async cancel(): Promise<void> {
    await this.input.press('Escape');
    await this.input.waitFor({ state: 'hidden' });
  }

  get #widget(): Locator {
    return this.#page.locator('.quick-input-widget:visible');
  }
}

import type { Locator, Page } from 'playwright-core';

/** The notification toasts in the corner. */
export class NotificationsPart {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get all(): Locator {
    return this.#page.locator('.notifications-toasts .notification-list-item');
  }

  toast(text: string | RegExp): Locator {
    return this.all.filter({ hasText: text });
  }

  /** Waits for a toast with this text, and returns its whole text. */
  async text(text: string | RegExp): Promise<string> {
    return this.toast(text).locator('.notification-list-item-message').innerText();
  }

  /** Clicks a button of the toast; "Cancel" is the one of a progress notification. */
  async click(text: string | RegExp, button: string): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.getByRole('button', { name: button, exact: true }).click();
  }

  /** Closes the toast without an answer. */
  async close(text: string | RegExp): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.getByRole('button', { name: /^Clear Notification/ }).click();
    await toast.waitFor({ state: 'hidden' });
  }
}

import type { Locator, Page } from 'playwright-core';

/** The toasts in the corner. */
export class NotificationsPart {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get all(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item');
  }

  toast(text: string | RegExp): Locator {
    return this.all.filter({ hasText: text }).first();
  }

  /** Waits for a toast and answers its whole text. */
  async text(text: string | RegExp, timeout = 30_000): Promise<string> {
    const toast = this.toast(text);
    await toast.waitFor({ timeout });
    return toast.locator('.notification-list-item-message').innerText();
  }

  /** Clicks a button of the toast; "Cancel" is the one of a progress notification. */
  async click(text: string | RegExp, button: string): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.getByRole('button', { name: button, exact: true }).click();
  }

  async dismissAll(): Promise<void> {
    await this.page.keyboard.press('Escape');
    for (const toast of await this.all.all()) {
      await toast.hover();
      await toast.getByRole('button', { name: /^Clear Notification/ }).click();
    }
  }

  async gone(text: string | RegExp, timeout = 30_000): Promise<void> {
    await this.toast(text).waitFor({ state: 'hidden', timeout });
  }
}

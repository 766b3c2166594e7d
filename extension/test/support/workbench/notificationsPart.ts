import type { Locator, Page } from 'playwright-core';

/** A toast that comes at all comes within these milliseconds, unless the machine is busy. */
const toastMs = 10_000;

/** The notifications: toasts in the corner, and the center that lists them. */
export class NotificationsPart {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get all(): Locator {
    return this.#page.locator('.notifications-toasts .notification-list-item');
  }

  get #center(): Locator {
    return this.#page.locator('.notifications-center .notification-list-item');
  }

  get #bell(): Locator {
    return this.#page.locator('[id="status.notifications"]');
  }

  toast(text: string | RegExp): Locator {
    return this.all.filter({ hasText: text });
  }

  /** Waits for a toast with this text, and returns its whole text. */
  async text(text: string | RegExp): Promise<string> {
    return this.toast(text).locator('.notification-list-item-message').innerText();
  }

  /**
   * Clicks a button of the notification; "Cancel" is the one of a progress notification. On a busy machine its toast may
   * have hidden by itself: then the notification is in the center.
   */
  async click(text: string | RegExp, button: string): Promise<void> {
    const [toast, listed] = [this.toast(text), this.#center.filter({ hasText: text })];
    const isToast = await toast.waitFor({ timeout: toastMs }).then(
      () => true,
      () => false,
    );
    if (!isToast) await this.#bell.click();
    const notification = toast.or(listed);
    await notification.hover();
    await notification.getByRole('button', { name: button, exact: true }).click();
  }

  /** Closes the toast without an answer. */
  async close(text: string | RegExp): Promise<void> {
    const toast = this.toast(text);
    await toast.hover();
    await toast.getByRole('button', { name: /^Clear Notification/ }).click();
    await toast.waitFor({ state: 'hidden' });
  }
}

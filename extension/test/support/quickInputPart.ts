import type { Locator, Page } from 'playwright-core';

/** The palette, input boxes, pick lists, and the simple open and save dialogs. */
export class QuickInputPart {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get input(): Locator {
    return this.page.locator('.quick-input-widget input[type=text]:visible');
  }

  get rows(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
  }

  /** The message under the input, such as a refusal of what was typed. */
  get message(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-message');
  }

  async filter(text: string): Promise<void> {
    await this.input.waitFor();
    await this.input.fill(text);
  }

  /** Opens it by its key, types, and picks what that finds. What takes the focus meanwhile closes it: then once more. */
  async find(key: string, text: string, label: string, timeout = 30_000): Promise<void> {
    const deadline = Date.now() + timeout;
    for (;;) {
      await this.page.keyboard.press(key);
      try {
        await this.input.fill(text, { timeout: 5_000 });
        await this.row(label).click({ timeout: 5_000 });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        if (await this.input.isVisible()) await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Fills an input box that shows this prompt or placeholder, and accepts. */
  async answer(text: string, prompt?: string | RegExp): Promise<void> {
    if (prompt !== undefined) await this.widget(prompt).waitFor();
    await this.filter(text);
    await this.input.press('Enter');
  }

  async pick(label: string): Promise<void> {
    await this.row(label).click();
  }

  async cancel(): Promise<void> {
    await this.input.press('Escape');
  }

  private row(label: string): Locator {
    return this.rows.filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) }).first();
  }

  private widget(prompt: string | RegExp): Locator {
    const shown = this.page.locator('.quick-input-widget:visible');
    return shown
      .filter({ hasText: prompt })
      .or(shown.filter({ has: this.page.getByPlaceholder(prompt) }))
      .first();
  }
}

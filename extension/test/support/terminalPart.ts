import type { Locator, Page } from 'playwright-core';

/** The terminal that is shown. */
export class TerminalPart {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What is on its screen. */
  async text(): Promise<string> {
    return (await this.rows.innerText()).replaceAll('\u00a0', ' ');
  }

  /** All that it printed, from its first line: the screens from top to bottom, with what two of them share twice. */
  async history(): Promise<string> {
    const screens = [await this.text()];
    for (;;) {
      await this.press('Shift+PageUp');
      await this.drawn();
      const screen = await this.text();
      if (screen === screens[0]) break;
      screens.unshift(screen);
    }
    for (const _ of screens) await this.press('Shift+PageDown');
    return screens.join('\n');
  }

  /** Waits until the screen shows this, and answers the screen. A line longer than the terminal is broken. */
  async waitFor(expected: string | RegExp, timeout = 30_000): Promise<string> {
    const pattern = typeof expected === 'string' ? expected.replaceAll(' ', '\u00a0') : expected;
    // The screen has no-break spaces in older workbenches and spaces in newer ones: either is asked for.
    await this.rows
      .filter({ hasText: expected })
      .or(this.rows.filter({ hasText: pattern }))
      .first()
      .waitFor({ timeout });
    return this.text();
  }

  async type(text: string): Promise<void> {
    await this.keyboard.pressSequentially(text);
  }

  async press(key: string): Promise<void> {
    await this.keyboard.press(key);
  }

  /** The names of the terminals in the list, or of the only one. */
  async names(): Promise<string[]> {
    const tabs = this.page.locator('.terminal-tabs-entry:visible, .single-terminal-tab:visible');
    return (await tabs.allInnerTexts()).map((name) => name.trim());
  }

  private get rows(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-rows').first();
  }

  private get keyboard(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').first();
  }

  /** The terminal draws what a key did with the next frame. */
  private async drawn(): Promise<void> {
    await this.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }
}

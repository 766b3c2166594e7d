import type { Locator, Page } from 'playwright-core';

/** The rows of the explorer or of a tree view. */
export class RowsPart {
  private readonly page: Page;
  private readonly container: string;

  constructor(page: Page, container: string) {
    this.page = page;
    this.container = container;
  }

  /** Every row that is drawn: a long list draws only what is on the screen. */
  get all(): Locator {
    return this.page.locator(`${this.container} .monaco-list-row`);
  }

  /** What a tree view says above its rows. */
  get message(): Locator {
    return this.page.locator(`${this.container} .message`);
  }

  /** The row whose label is this name. */
  row(name: string): Locator {
    return this.all.filter({ has: this.page.locator('.label-name').getByText(name, { exact: true }) });
  }

  /** The drawn labels from top to bottom, each with its description. */
  async texts(): Promise<string[]> {
    const labels = await this.all.locator('.monaco-icon-label').all();
    return Promise.all(
      labels.map(async (label) =>
        (await label.locator('.label-name, .label-description').allInnerTexts()).join(' ').trim(),
      ),
    );
  }

  /** What a screen reader says of the row: the label, the description and the decorations. */
  async accessibleName(name: string): Promise<string> {
    return (await this.row(name).getAttribute('aria-label')) ?? '';
  }

  async expand(name: string): Promise<void> {
    const row = this.row(name);
    if ((await row.getAttribute('aria-expanded')) !== 'true') await row.click();
    await this.page
      .locator(`${this.container} .monaco-list-row[aria-expanded="true"]`)
      .filter({ hasText: name })
      .first()
      .waitFor();
  }

  /** Goes to the end of the list, until this row is there. */
  async goToLast(name: string, timeout = 30_000): Promise<void> {
    const deadline = Date.now() + timeout;
    for (;;) {
      // An editor that opens meanwhile takes the keyboard from the list.
      await this.page.locator(`${this.container} .monaco-list`).press('End');
      try {
        await this.row(name).waitFor({ timeout: 3_000 });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  /** Selects several rows, as with Control. */
  async select(...names: string[]): Promise<void> {
    for (const [index, name] of names.entries())
      await this.row(name).click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
  }

  /** A button that shows on the row while the pointer is on it. */
  async inlineAction(name: string, action: string, timeout = 30_000): Promise<void> {
    const row = this.row(name);
    const deadline = Date.now() + timeout;
    for (;;) {
      await row.hover();
      try {
        await row.getByRole('button', { name: action }).click({ timeout: 5_000 });
        return;
      } catch (error) {
        // A row that is drawn anew under a resting pointer shows its buttons when that moves again.
        if (Date.now() > deadline) throw error;
        await this.page.mouse.move(0, 0);
      }
    }
  }

  /** Right-clicks the row and picks from the menu, submenus first. */
  async contextMenu(name: string, ...items: string[]): Promise<void> {
    await this.openMenuWith(name, items[0] ?? '');
    for (const item of items) {
      const entry = this.menuItem(item);
      await entry.waitFor();
      // The workbench swallows a button that goes up within 250 ms of the menu's opening, and shows no sign of the end of it.
      await this.page.waitForTimeout(250);
      await entry.click();
    }
    await this.menu.waitFor({ state: 'hidden' });
  }

  /** What a right click on the row offers. */
  async contextMenuItems(name: string): Promise<string[]> {
    await this.row(name).click({ button: 'right' });
    const items = this.menu.getByRole('menuitem');
    await items.first().waitFor();
    const names = await items.allInnerTexts();
    await this.closeMenu();
    return names.map((text) => text.split('\n')[0] ?? '');
  }

  private get menu(): Locator {
    return this.page.locator('.monaco-menu-container');
  }

  private menuItem(name: string): Locator {
    return this.menu.getByRole('menuitem', { name, exact: true });
  }

  /** What a menu offers is decided as it opens, so it is opened again until the extension offers the item. */
  private async openMenuWith(row: string, item: string, timeout = 30_000): Promise<void> {
    const deadline = Date.now() + timeout;
    for (;;) {
      await this.row(row).click({ button: 'right' });
      // A row that is drawn anew just then takes its menu away with it.
      const first = this.menu.getByRole('menuitem').first();
      const isOpen = await first.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
      if (!isOpen && Date.now() < deadline) continue;
      // One that is not to be had while something runs stays so until the menu is opened again.
      if ((await this.menuItem(item).count()) > 0 && (await this.menuItem(item).isEnabled())) return;
      const offered = await this.menu.getByRole('menuitem').allInnerTexts();
      await this.closeMenu();
      if (Date.now() > deadline) throw new Error(`The menu of ${row} has no "${item}": ${offered.join(', ')}`);
    }
  }

  private async closeMenu(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.menu.waitFor({ state: 'hidden' });
  }
}

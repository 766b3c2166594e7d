import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';
import { exactly } from './exactly';
import { MenuPart } from './menuPart';
import { timeoutMs } from '../timeout.mts';

/** The longest that a row takes to show its buttons or menu, in ms. After that, it was drawn again without them. */
const attemptMs = 5_000;

/** The list of the explorer or of a view. */
export class RowsPart {
  readonly #page: Page;
  readonly #container: Locator;

  constructor(page: Page, container: Locator) {
    this.#page = page;
    this.#container = container;
  }

  /** The rows on the screen: a longer list draws no others. */
  get all(): Locator {
    return this.#container.locator('.monaco-list-row');
  }

  /** The message of a view above its rows. */
  get message(): Locator {
    return this.#container.locator('.message');
  }

  /** The row with this label. */
  row(name: string): Locator {
    return this.all.filter({ has: this.#page.locator('.label-name', { hasText: exactly(name) }) });
  }

  /** The labels on the screen from top to bottom, each with its description. */
  async texts(): Promise<string[]> {
    const labels = await this.all.locator('.monaco-icon-label').all();
    return Promise.all(
      labels.map(async (label) =>
        (await label.locator('.label-name, .label-description').allInnerTexts()).join(' ').trim(),
      ),
    );
  }

  /** Opens a folder. */
  async expand(name: string): Promise<void> {
    await this.#toggle(name, true);
  }

  async collapse(name: string): Promise<void> {
    await this.#toggle(name, false);
  }

  /** Scrolls to the end of the list until this row appears. */
  async scrollToLast(name: string): Promise<void> {
    await vi.waitFor(
      async () => {
        // An editor that opens meanwhile takes the focus from the list.
        await this.#container.locator('.monaco-list').press('End');
        await this.row(name).waitFor({ timeout: attemptMs });
      },
      { timeout: timeoutMs },
    );
  }

  /** Clicks a button that the row shows while the pointer is on it. */
  async inlineAction(name: string, action: string): Promise<void> {
    const row = this.row(name);
    await vi.waitFor(
      async () => {
        // A row that is drawn again under a resting pointer shows its buttons only when the pointer moves.
        await this.#page.mouse.move(0, 0);
        await row.hover();
        await row.getByRole('button', { name: action }).click({ timeout: attemptMs });
      },
      { timeout: timeoutMs },
    );
  }

  /** Right-clicks the row and picks an item of the menu, by way of its submenus. */
  async contextMenu(name: string, ...items: [string, ...string[]]): Promise<void> {
    await this.#pickFrom(name, () => this.#openMenu(name), items);
  }

  /** Right-clicks below the last row and picks an item of the menu. */
  async emptyAreaMenu(item: string): Promise<void> {
    await this.#pickFrom('the empty area', () => this.#clickBelowRows(), [item]);
  }

  /** The items that a right click below the last row offers. */
  async emptyAreaMenuItems(): Promise<string[]> {
    const menu = new MenuPart(this.#page);
    await this.#clickBelowRows();
    const names = await menu.names();
    await menu.close();
    return names;
  }

  /** Right-clicks the row. Throws if the rows moved at this moment, and another one took the click. */
  async #openMenu(name: string): Promise<void> {
    const menu = new MenuPart(this.#page);
    await this.row(name).click({ button: 'right' });
    await menu.items.first().waitFor({ timeout: attemptMs });
    const focused = this.row(name).and(this.#container.locator('.focused'));
    if ((await focused.count()) > 0) return;
    await menu.close();
    throw new Error(`Another row than ${name} took the click`);
  }

  async #clickBelowRows(): Promise<void> {
    const list = this.#container.locator('.monaco-list').first();
    const { height = 0 } = (await list.boundingBox()) ?? {};
    await list.click({ button: 'right', position: { x: 80, y: height - 8 } });
  }

  async #pickFrom(name: string, open: () => Promise<void>, items: [string, ...string[]]): Promise<void> {
    const menu = new MenuPart(this.#page);
    const first = menu.item(items[0]);
    // The items are chosen as the menu opens: the extension may offer this one, or enable it, only later.
    await vi.waitFor(
      async () => {
        await open();
        // If the row is drawn again at this moment, its menu closes.
        await menu.items.first().waitFor({ timeout: attemptMs });
        if ((await first.count()) > 0 && (await first.isEnabled())) return menu.pick(items, attemptMs);
        const offered = await menu.names();
        await menu.close();
        throw new Error(`The menu of ${name} has no "${items[0]}": ${offered.join(', ')}`);
      },
      { timeout: timeoutMs },
    );
  }

  /** The items that a right click on the row offers. */
  async contextMenuItems(name: string): Promise<string[]> {
    const menu = new MenuPart(this.#page);
    await this.row(name).click({ button: 'right' });
    const names = await menu.names();
    await menu.close();
    return names;
  }

  async #toggle(name: string, isExpanded: boolean): Promise<void> {
    const row = this.row(name);
    const toggled = row.and(this.#container.locator(`[aria-expanded="${isExpanded}"]`));
    await vi.waitFor(
      async () => {
        // If the row is drawn again at this moment, it does not take the click.
        if ((await row.getAttribute('aria-expanded')) !== String(isExpanded)) await row.click();
        await toggled.waitFor({ timeout: attemptMs });
      },
      { timeout: timeoutMs },
    );
  }
}

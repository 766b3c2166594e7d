import type { Locator, Page } from 'playwright-core';
import { MenuPart } from './menuPart';
import { RowsPart } from './rowsPart';

/** A view in the side bar: its header with the actions, and its rows. */
export class ViewPart extends RowsPart {
  readonly #page: Page;
  readonly pane: Locator;

  constructor(page: Page, title: string) {
    const pane = page.locator(`.part.sidebar .pane:has(> .pane-header[aria-label^="${title}"])`);
    super(page, pane);
    this.#page = page;
    this.pane = pane;
  }

  get header(): Locator {
    return this.pane.locator('.pane-header');
  }

  /** Clicks an action in the header. */
  async action(name: string): Promise<void> {
    await this.header.hover();
    await this.header.getByRole('button', { name }).click();
  }

  /** Picks an action from the menu behind the three dots in the header. */
  async menuAction(name: string): Promise<void> {
    await this.action('More Actions');
    await new MenuPart(this.#page).pick([name]);
  }

  /** Shows only the header, or the rows too: only rows on the screen are drawn. */
  async fold(isFolded: boolean): Promise<void> {
    if ((await this.header.getAttribute('aria-expanded')) === String(isFolded)) {
      await this.header.locator('.title').click();
    }
  }

  /** A button in the text that the view shows when it has no rows. */
  welcomeButton(name: string): Locator {
    return this.pane.locator('.welcome-view-content').getByRole('button', { name });
  }
}

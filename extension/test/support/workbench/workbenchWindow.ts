import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { EditorPart } from './editorPart';
import { exactly } from './exactly';
import { MenuPart } from './menuPart';
import { NotificationsPart } from './notificationsPart';
import { QuickInputPart } from './quickInputPart';
import { RowsPart } from './rowsPart';
import { TerminalPart } from './terminalPart';
import { ViewPart } from './viewPart';

const extensionId = 'palmtree.palmtree-sync';

/** The window of a workbench, with the parts that a user sees. Every method waits for what it names. */
export class WorkbenchWindow {
  readonly page: Page;
  readonly quickInput: QuickInputPart;
  readonly notifications: NotificationsPart;
  readonly terminal: TerminalPart;
  readonly editor: EditorPart;
  readonly menu: MenuPart;
  /** The files of the workspace. */
  readonly explorer: RowsPart;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = new QuickInputPart(page);
    this.notifications = new NotificationsPart(page);
    this.terminal = new TerminalPart(page);
    this.editor = new EditorPart(page, this.quickInput);
    this.menu = new MenuPart(page);
    this.explorer = new RowsPart(page, page.locator('.part.sidebar .explorer-folders-view'));
  }

  /** Waits until the extension is active. */
  async activated(): Promise<void> {
    await this.statusBarItem('push').waitFor();
  }

  /**
   * Waits until the Explorer shows the folders of a .code-workspace. VS Code in a browser sometimes reads the file before
   * it is connected to its server: then the window has no folders until it is reloaded.
   */
  async showsFolders(): Promise<void> {
    const noFolder = this.page.getByText('You have not yet added a folder to the workspace.');
    for (;;) {
      await this.explorer.all.or(noFolder).first().waitFor();
      if (!(await noFolder.isVisible())) return;
      await this.page.reload();
    }
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.activated();
  }

  /** Kills the page's process. Its extension host learns nothing of it. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    const session = await this.page.context().newCDPSession(this.page);
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
  }

  /** Runs a command by its full title, for instance "Palmtree: Push". */
  async runCommand(title: string): Promise<void> {
    await this.quickInput.find('F1', `>${title}`, title);
  }

  /** The titles that the palette offers for this beginning. */
  async commandTitles(beginning: string): Promise<string[]> {
    await this.page.keyboard.press('F1');
    await this.quickInput.filter(`>${beginning}`);
    await this.quickInput.rows.first().waitFor();
    const titles = await this.quickInput.rows.locator('.label-name').allInnerTexts();
    await this.quickInput.cancel();
    return titles;
  }

  /** Shows a view container by its name in the activity bar. */
  async showContainer(name: string): Promise<void> {
    const tab = this.#containerTab(name);
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.page
      .locator('.part.sidebar .composite.title')
      .filter({ hasText: new RegExp(name, 'i') })
      .waitFor();
  }

  /** A view of the shown container, by its title. */
  view(title: string): ViewPart {
    return new ViewPart(this.page, title);
  }

  /** The badge of a view container in the activity bar. */
  badge(container: string): Locator {
    return this.#containerTab(container).locator('.badge-content');
  }

  /** The status bar item that the extension made under this id. */
  statusBarItem(id: string): Locator {
    return this.page.locator(`.part.statusbar [id="${extensionId}.${id}"]`);
  }

  /** Waits until the status bar shows these pending changes and no others, for instance "↑1 ↓2 !1". */
  async pending(counts: string): Promise<void> {
    const item = this.statusBarItem('push');
    await item
      .filter({ hasText: exactly(counts) })
      .waitFor()
      .catch(async (error: unknown) => {
        const shown = await item.allInnerTexts();
        throw new Error(`The status bar shows ${JSON.stringify(shown)}, not "${counts}".`, { cause: error });
      });
  }

  /** Waits until the status bar shows that nothing is to be pushed or pulled. */
  async inSync(): Promise<void> {
    await this.statusBarItem('push').locator('.codicon-check').waitFor();
  }

  /** A message that the extension shows in the status bar for a few seconds. */
  statusBarMessage(text: string): Locator {
    return this.page.locator('.part.statusbar').getByText(text);
  }

  async clickStatusBarItem(): Promise<void> {
    await this.statusBarItem('push').locator('a').click();
  }

  /** Waits until these changes are pending, and pushes them with the status bar. */
  async push(counts: string): Promise<void> {
    await this.pending(counts);
    await this.clickStatusBarItem();
    await this.inSync();
  }

  /** Clicks a button of a modal dialog. */
  async answerDialog(text: string | RegExp, button: string): Promise<void> {
    const dialog = this.page.getByRole('dialog').filter({ hasText: text });
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async screenshot(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
  }

  #containerTab(name: string): Locator {
    return this.page.locator('.part.activitybar').getByRole('tab', { name });
  }
}

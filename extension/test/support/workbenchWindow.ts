import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { EditorPart } from './editorPart';
import { NotificationsPart } from './notificationsPart';
import { QuickInputPart } from './quickInputPart';
import { RowsPart } from './rowsPart';
import { TerminalPart } from './terminalPart';

const extensionId = 'palmtree.palmtree-sync';

/** One window of the workbench, with the parts a user sees. Every method waits for what it names. */
export class WorkbenchWindow {
  readonly page: Page;
  readonly quickInput: QuickInputPart;
  readonly notifications: NotificationsPart;
  readonly terminal: TerminalPart;
  readonly editor: EditorPart;
  /** The files of the workspace. */
  readonly explorer: RowsPart;
  /** The rows of the extension's tree view, once its container is shown. */
  readonly treeView: RowsPart;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = new QuickInputPart(page);
    this.notifications = new NotificationsPart(page);
    this.terminal = new TerminalPart(page);
    this.editor = new EditorPart(page, this.quickInput);
    this.explorer = new RowsPart(page, '.explorer-folders-view');
    this.treeView = new RowsPart(page, '.tree-explorer-viewlet-tree-view');
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.ready();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Runs a command by its full title, for instance "Palmtree: Push". */
  async runCommand(title: string): Promise<void> {
    await this.quickInput.find('F1', `>${title}`, title);
  }

  /** The titles that the palette offers for a beginning. */
  async commandTitles(beginning: string): Promise<string[]> {
    await this.page.keyboard.press('F1');
    await this.quickInput.filter(`>${beginning}`);
    await this.quickInput.rows.first().waitFor();
    const titles = await this.quickInput.rows.locator('.label-name').allInnerTexts();
    await this.quickInput.cancel();
    await this.quickInput.input.waitFor({ state: 'hidden' });
    return titles;
  }

  /** Shows a view container by its name in the activity bar. */
  async showContainer(name: string): Promise<void> {
    const tab = this.page.locator('.part.activitybar').getByRole('tab', { name });
    await tab.waitFor();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.page
      .locator('.part.sidebar .composite.title')
      .filter({ hasText: new RegExp(name, 'i') })
      .waitFor();
  }

  /** One of several views in the shown container, by its title. */
  view(title: string): RowsPart {
    return new RowsPart(this.page, `.part.sidebar .pane:has(> .pane-header[aria-label^="${title}"])`);
  }

  /** The badge of a view container in the activity bar. */
  badge(container: string): Locator {
    return this.page.locator('.part.activitybar').getByRole('tab', { name: container }).locator('.badge-content');
  }

  /** A button in the title of the shown view. */
  async viewAction(name: string): Promise<void> {
    await this.page.locator('.part.sidebar .composite.title').hover();
    await this.page.locator('.part.sidebar').getByRole('button', { name }).first().click();
  }

  /** A button or link of a view's welcome content. */
  welcomeButton(name: string): Locator {
    return this.page.locator('.part.sidebar .welcome-view-content').getByRole('button', { name });
  }

  /** The status bar item that the extension made under this id. */
  statusBarItem(id: string): Locator {
    return this.page.locator(`[id="${extensionId}.${id}"]`);
  }

  /** Waits until the item's text matches, and answers it. */
  async statusBarText(id: string, expected: string | RegExp = /./, timeout = 30_000): Promise<string> {
    const item = this.statusBarItem(id).filter({ hasText: expected });
    await item.waitFor({ timeout }).catch(async (error: unknown) => {
      const shown = await this.statusBarItem(id).allInnerTexts();
      throw new Error(`The status bar item "${id}" shows ${JSON.stringify(shown)}, not ${String(expected)}.`, {
        cause: error,
      });
    });
    return (await item.innerText()).trim();
  }

  async clickStatusBarItem(id: string): Promise<void> {
    await this.statusBarItem(id).locator('a').click();
  }

  /** A modal dialog's button. */
  async answerDialog(text: string | RegExp, button: string): Promise<void> {
    const dialog = this.page.getByRole('dialog').filter({ hasText: text });
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async screenshot(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
  }

  /** Kills the page's process. Its extension host learns nothing of it. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    const session = await this.page.context().newCDPSession(this.page);
    void session.send('Page.crash').catch(() => undefined);
    await crashed;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.part.statusbar').waitFor();
    // "Opening Remote…" becomes the remote's name when the extension host's machine is connected.
    await this.page.locator('.part.sidebar .monaco-list').first().waitFor();
  }
}

import * as vscode from 'vscode';
import { parentOf } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import type { Measured } from '../../io/scan/measure';
import { messageFor } from '../shared/errorMessages';
import { createPickList } from '../shared/quickInput';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { activeRow, itemsIn, measureRow, rowDescription, shownRows, type FolderItem, type TrackRow } from './trackRows';

/** The changes that the user wants. */
export interface TrackChoice {
  readonly track: readonly string[];
  readonly untrack: readonly string[];
}

type Typed = (text: string, shown: string) => Promise<void>;

type Item = vscode.QuickPickItem & { readonly row: TrackRow };

/**
 * Lists one folder of the workspace folder at a time, with checkboxes and sizes. A folder opens at a click on its button, or
 * when its name is typed with a slash. `typed` handles a text that the user types instead, whose relative paths start from
 * the folder that is `shown`: it throws what is wrong with the text.
 * Resolves once the list is closed with a choice, or with undefined after a typed text. Throws cancelled.
 */
export async function pickTracked(owner: SyncedFolder, typed: Typed): Promise<TrackChoice | undefined> {
  const picker = new TrackPicker(owner, typed);
  try {
    return await picker.run();
  } finally {
    picker.dispose();
  }
}

/** The time in which the window surely applies a list that was sent to it. In milliseconds. */
const settlingMs = 1_000;

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((path) => b.has(path));
}

class TrackPicker {
  readonly #owner: SyncedFolder;
  readonly #typed: Typed;
  readonly #title: string;
  readonly #pick = createPickList<Item>({
    title: '',
    placeHolder: vscode.l10n.t('Files and folders to track: check them, or type their paths'),
  });
  /** The paths whose checkbox the user has changed. */
  readonly #toggled = new Map<string, boolean>();
  readonly #measured = new Map<string, Measured>();
  #folder = '';
  #items: readonly FolderItem[] = [];
  #shown: readonly Item[] = [];
  /** The text that the rows were filtered by. */
  #text = '';
  /** The paths that were checked in the list as it was sent last, and when that was. */
  #drawn: ReadonlySet<string> = new Set();
  #drawnAt = 0;
  /** The user has checked or unchecked a row since. */
  #hasAnswered = false;
  /** A typed text is being tracked. */
  #isTracking = false;
  #isDisposed = false;
  /** Ends the measuring of the rows that are no longer shown. */
  #measuring = new AbortController();

  constructor(owner: SyncedFolder, typed: Typed) {
    this.#owner = owner;
    this.#typed = typed;
    this.#title = vscode.l10n.t('Palmtree: Track Files');
  }

  run(): Promise<TrackChoice | undefined> {
    const { list } = this.#pick;
    list.canSelectMany = true;
    list.ignoreFocusOut = true;
    return new Promise<TrackChoice | undefined>((resolve, reject) => {
      list.onDidChangeSelection((items) => this.#selected(items.map(({ item }) => item)));
      list.onDidTriggerItemButton(({ item: { item } }) => void this.#open(item.row.path));
      list.onDidTriggerButton(() => void this.#open(parentOf(this.#folder) ?? ''));
      list.onDidChangeValue((text) => this.#textChanged(text));
      list.onDidAccept(() => void this.#accept().then((choice) => choice !== 'open' && resolve(choice)));
      list.onDidHide(() => reject(new PalmtreeError('cancelled', 'nothing was chosen to track')));
      list.show();
      void this.#open('', false);
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#measuring.abort();
    this.#pick.list.dispose();
  }

  /** `isEntered`: the user has come from another folder. */
  async #open(folder: string, isEntered = true): Promise<void> {
    const { list } = this.#pick;
    list.busy = true;
    try {
      const items = await itemsIn(this.#owner, folder);
      if (this.#isDisposed) return;
      this.#folder = folder;
      this.#items = items;
      // The user may have begun to type before the first folder was read.
      if (isEntered) list.value = '';
      list.buttons = folder === '' ? [] : [vscode.QuickInputButtons.Back];
      this.#say('');
      this.#show();
    } catch (error) {
      this.#say(messageFor(error).text);
    } finally {
      list.busy = false;
    }
  }

  /** Shows the folder in the title, or what is wrong: a list has no other place for it. */
  #say(fault: string): void {
    const where = this.#folder === '' ? this.#owner.folder.name : `${this.#owner.folder.name}/${this.#folder}`;
    this.#pick.setTitle([this.#title, fault === '' ? where : fault].join(' — '));
  }

  #textChanged(text: string): void {
    this.#say('');
    const name = /^[^/]+(?=\/$)/.exec(text)?.[0];
    const isFolder = this.#items.some((item) => item.isFolder && item.name === name);
    // The window reports the text that `#open` has set, too.
    if (text === this.#text) return;
    if (name === undefined || !isFolder) this.#show();
    else void this.#open(this.#folder === '' ? name : `${this.#folder}/${name}`);
  }

  #show(): void {
    this.#measuring.abort();
    this.#measuring = new AbortController();
    const text = this.#pick.list.value;
    this.#text = text;
    const active = this.#folder === '' && text === '' ? activeRow(this.#owner) : undefined;
    const found = shownRows(this.#owner, this.#folder, this.#items, text);
    const rows = active === undefined ? found : [active, ...found];
    this.#draw(rows);
    void this.#measure(rows, this.#measuring.signal);
  }

  #draw(rows: readonly TrackRow[]): void {
    const open = { iconPath: new vscode.ThemeIcon('arrow-right'), tooltip: vscode.l10n.t('Open Folder') };
    this.#shown = rows.map((row) => ({
      row,
      label: row.isFolder ? `${row.name}/` : row.name,
      description: rowDescription(row, this.#measured.get(row.path)),
      ...(row.isFolder && { buttons: [open] }),
    }));
    this.#pick.setItems(this.#shown, (item) => this.#isChecked(item));
    this.#drawn = new Set(this.#shown.flatMap((item) => (this.#isChecked(item) ? [item.row.path] : [])));
    this.#drawnAt = Date.now();
    this.#hasAnswered = false;
  }

  /** Adds the sizes, a few rows at a time. */
  async #measure(rows: readonly TrackRow[], signal: AbortSignal): Promise<void> {
    const unknown = rows.filter(({ path }) => !this.#measured.has(path));
    let drawnAt = Date.now();
    for (const row of unknown) {
      const measured = await measureRow(this.#owner, row, signal);
      if (signal.aborted) return;
      this.#measured.set(row.path, measured);
      if (row !== unknown.at(-1) && Date.now() - drawnAt < 500) continue;
      this.#draw(rows);
      drawnAt = Date.now();
    }
  }

  /**
   * The window may still apply an older list when the user checks a row of it, and then loses the check: for a moment after
   * a list was sent, its selection is sent again, and a return to the one that was sent with it is no answer of the user.
   */
  #selected(items: readonly Item[]): void {
    const selected = new Set(items.map(({ row }) => row.path));
    const isSettling = Date.now() - this.#drawnAt < settlingMs;
    const isReset = isSettling && this.#hasAnswered && isSame(selected, this.#drawn);
    if (!isReset) this.#toggle(selected);
    this.#hasAnswered ||= !isSame(selected, this.#drawn);
    if (isSettling && this.#hasAnswered) this.#pick.select((item) => this.#isChecked(item));
  }

  #isChecked({ row }: Item): boolean {
    return this.#toggled.get(row.path) ?? row.isTracked;
  }

  #toggle(selected: ReadonlySet<string>): void {
    for (const { row } of this.#shown) {
      const isSelected = selected.has(row.path);
      if (isSelected === row.isTracked) this.#toggled.delete(row.path);
      else this.#toggled.set(row.path, isSelected);
    }
  }

  async #accept(): Promise<TrackChoice | undefined | 'open'> {
    // Enter again starts nothing anew.
    if (this.#isTracking) return 'open';
    const { list } = this.#pick;
    const text = list.value.trim();
    if (this.#toggled.size === 0 && text === '') {
      this.#say(vscode.l10n.t('Check a file or folder, or type a path.'));
      return 'open';
    }
    const paths = (isTracked: boolean): string[] =>
      [...this.#toggled].flatMap(([path, value]) => (value === isTracked ? [path] : []));
    if (this.#toggled.size > 0) return { track: paths(true), untrack: paths(false) };
    this.#isTracking = true;
    list.busy = true;
    try {
      await this.#typed(text, this.#folder);
      return undefined;
    } catch (error) {
      this.#say(messageFor(error).text);
      return 'open';
    } finally {
      this.#isTracking = false;
      list.busy = false;
    }
  }
}

import * as vscode from 'vscode';
import { sortedNaturally } from '../../core/paths';
import { PalmtreeError, type ErrorCode } from '../../errors';
import { joined } from '../../messages/format';
import { shownFile } from '../documents/shownFile';
import { createPickList } from '../shared/quickInput';
import type { ActiveMerges } from '../workspace/activeMerges';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import type { LastUsed } from './lastUsed';
import type { MergeableConflicts } from './mergeableConflicts';
import { pickedUris, resolvePicked } from './pickedPaths';
import { statusPresentation } from './statusPresentation';

/** The paths that a command is for. */
export type PathKind = 'tracked' | 'changed' | 'file' | 'conflict' | 'mergeable';

/** A list of more rows is slow to send to the window. Typing shortens it. */
const maxItems = 500;

interface PathItem extends vscode.QuickPickItem {
  readonly owner: SyncedFolder;
  readonly path: string;
}

export interface PathPickerDeps {
  readonly folders: WorkspaceFolders;
  readonly merges: ActiveMerges;
  readonly used: LastUsed;
  readonly mergeable: MergeableConflicts;
}

/** Finds the paths that a command is for. */
export class PathPicker {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #used: LastUsed;
  readonly #mergeable: MergeableConflicts;

  constructor({ folders, merges, used, mergeable }: PathPickerDeps) {
    this.#folders = folders;
    this.#merges = merges;
    this.#used = used;
    this.#mergeable = mergeable;
  }

  /**
   * The paths in a command's arguments; without them those that were used last, if the command is for them; else a path
   * that the user picks in a list. Throws cancelled, nothing_picked, nothing_changed, no_conflict, not_mergeable.
   */
  async pick(kind: PathKind, title: string, ...args: readonly unknown[]): Promise<Map<SyncedFolder, string[]>> {
    const passed = pickedUris(...args);
    if (passed.length > 0) return resolvePicked(this.#folders, passed);
    // A command may have activated the extension. Throws untrusted, no_folder.
    if (this.#folders.all.length === 0) await this.#folders.find();
    const used = this.#usedPaths(kind);
    if (used.length > 0) return resolvePicked(this.#folders, used);
    const { owner, path } = await this.#ask(kind, title);
    return new Map([[owner, [path]]]);
  }

  /** Like `pick`, for a command that takes one path. */
  async pickOne(kind: PathKind, title: string, ...args: readonly unknown[]): Promise<[SyncedFolder, string]> {
    for (const [owner, [path]] of await this.pick(kind, title, ...args)) if (path !== undefined) return [owner, path];
    throw new PalmtreeError('nothing_picked', 'nothing is picked');
  }

  /** A path that the user picks in a list, whatever was used last. Throws cancelled, nothing_picked. */
  async choose(kind: PathKind, title: string): Promise<[SyncedFolder, string]> {
    const { owner, path } = await this.#ask(kind, title);
    return [owner, path];
  }

  #usedPaths(kind: PathKind): vscode.Uri[] {
    const rows = this.#used.uris;
    const active = shownFile();
    const used = rows.length > 0 ? rows : active === undefined ? [] : [active];
    return used.filter((uri) => {
      const owner = this.#folders.folderOf(uri);
      const path = owner && relativePath(owner.folder, uri);
      return owner !== undefined && path !== undefined && this.#isFor(kind, owner, path);
    });
  }

  #isFor(kind: PathKind, owner: SyncedFolder, path: string): boolean {
    const { sync } = owner;
    switch (kind) {
      case 'tracked':
        return sync.isTracked(path) || isFolder(owner, path) || sync.rules.get(path)?.effect === 'track';
      case 'changed':
        return sync.pathStates.has(path) || sync.folderSummaries.has(path);
      case 'file':
        return path !== '' && !isFolder(owner, path);
      default:
        return this.#conflicts(kind, owner).includes(path);
    }
  }

  #conflicts(kind: 'conflict' | 'mergeable', owner: SyncedFolder): string[] {
    const conflicts = owner.sync.conflicts.filter(
      (conflict) => kind === 'conflict' || this.#mergeable.isMergeable(owner, conflict),
    );
    return sortedNaturally(new Set([...conflicts.map(({ path }) => path), ...this.#merges.pathsIn(owner)]));
  }

  #candidates(kind: PathKind, owner: SyncedFolder): Iterable<string> {
    const { sync } = owner;
    if (kind === 'conflict' || kind === 'mergeable') return this.#conflicts(kind, owner);
    if (kind === 'changed') return sortedNaturally(sync.pathStates.keys());
    const ruled = [...sync.rules.values()].flatMap(({ path, effect }) => (effect === 'track' && path ? [path] : []));
    // The paths that changed come first.
    const others = [...(kind === 'tracked' ? ruled : []), ...sync.trackedPaths];
    return new Set([...sortedNaturally(sync.pathStates.keys()), ...sortedNaturally(others)]);
  }

  async #ask(kind: PathKind, title: string): Promise<PathItem> {
    const owners = this.#folders.all;
    const items = owners.flatMap((owner) =>
      [...this.#candidates(kind, owner)].map((path) => ({ owner, path, label: path })),
    );
    if (items.length === 0) {
      const paths = kind === 'mergeable' ? owners.flatMap((owner) => this.#conflicts('conflict', owner)) : [];
      if (paths.length === 0) throw new PalmtreeError(emptyCodes[kind], 'there is nothing to pick from');
      throw new PalmtreeError('not_mergeable', 'no conflict can be merged as text', { details: { paths } });
    }
    return pickItem(items, title, owners.length > 1);
  }
}

function isFolder({ sync }: SyncedFolder, path: string): boolean {
  return (sync.trackedFolders.kindsIn(path)?.size ?? 0) > 0;
}

const emptyCodes: Readonly<Record<PathKind, ErrorCode>> = {
  tracked: 'nothing_picked',
  changed: 'nothing_changed',
  file: 'nothing_picked',
  conflict: 'no_conflict',
  mergeable: 'no_conflict',
};

/** Shows the first items, and those that contain the typed text. Throws cancelled. */
function pickItem(items: readonly PathItem[], title: string, isMultiRoot: boolean): Promise<PathItem> {
  const { list, setItems } = createPickList<PathItem>({ title, placeHolder: vscode.l10n.t('Select a file') });
  const show = (text: string): void => {
    const found = items.filter(({ path }) => path.toLowerCase().includes(text.toLowerCase())).slice(0, maxItems);
    setItems(found.map((item) => ({ ...item, description: describe(item, isMultiRoot) })));
  };
  list.ignoreFocusOut = true;
  show('');
  return new Promise<PathItem>((resolve, reject) => {
    list.onDidChangeValue(show);
    list.onDidAccept(() => {
      const [picked] = list.selectedItems;
      if (picked !== undefined) resolve(picked.item);
    });
    list.onDidHide(() => reject(new PalmtreeError('cancelled', 'no file was picked')));
    list.show();
  }).finally(() => list.dispose());
}

function describe({ owner, path }: PathItem, isMultiRoot: boolean): string {
  const state = owner.sync.pathStates.get(path);
  const word = state === undefined ? '' : statusPresentation(owner.sync, path, state).word;
  return joined(' · ', word, isMultiRoot ? owner.folder.name : '');
}

import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { exists } from '../../io/fs/files';
import { markOfThisProcess } from '../../io/fs/processes';
import { watchFile } from '../../io/fs/watch/watchFile';
import { storageNames, storagePaths } from '../../io/openFolderStorage';
import type { LockedFile } from '../../io/store/lockedFile';
import { movedBackupName } from '../../io/store/mergeStorages';
import { mergesFile, recordedMerge } from '../../sync/conflicts/recordedMerges';
import { contextKeys } from '../shared/ids';
import type { SyncedFolder } from './workspaceFolders';

/** Earlier releases kept the merges under this key, in the state of one window. */
const formerKey = 'palmtree.merges';

/** With what the editor of the merge needs after the window was reloaded. */
const shownMerge = recordedMerge.extend({
  folder: z.string(),
  /** A text editor shows unresolved conflicts as markers; the merge editor saves the ancestor's lines for them. */
  editor: z.enum(['merge', 'text']),
  /** The hash of the text with conflict markers that the text editor began with; see `hashOfLines`. */
  markedText: z.string().optional(),
  /** The extension host of the window that showed the merge last; absent in merges of earlier releases. */
  host: z
    .object({ pid: z.number(), host: z.string(), start: z.string().optional(), namespace: z.string().optional() })
    .optional(),
});

export type RecordedMerge = Readonly<z.infer<typeof shownMerge>>;

interface FolderMerges {
  readonly file: LockedFile<readonly RecordedMerge[]>;
  all: readonly RecordedMerge[];
  readonly endWatch: () => void;
}

/** The active merges of the open folders. They outlive the window, and all windows of a folder share them. */
export class ActiveMerges implements vscode.Disposable {
  readonly #former: vscode.Memento;
  readonly #folders = new Map<string, FolderMerges>();
  readonly #changed = new vscode.EventEmitter<void>();
  /** Saving one of these does not finish its merge. */
  readonly #aborting = new Set<string>();
  readonly onDidChange = this.#changed.event;

  constructor(former: vscode.Memento) {
    this.#former = former;
    this.#publish();
  }

  /** Reads the merges of a folder, and follows what other windows change. */
  async open({ folder, storage }: Pick<SyncedFolder, 'folder' | 'storage'>): Promise<void> {
    const uri = folder.uri.toString();
    this.#folders.get(uri)?.endWatch();
    const file = mergesFile(storagePaths(storage), shownMerge);
    const endWatch = watchFile(file.path, () => void this.#read(uri));
    this.#folders.set(uri, { file, all: [], endWatch });
    await this.#importFormer(uri, storage);
    await this.#read(uri);
  }

  get all(): readonly RecordedMerge[] {
    return [...this.#folders.values()].flatMap(({ all }) => all);
  }

  find(owner: SyncedFolder, path: string): RecordedMerge | undefined {
    return this.in(owner).find((merge) => merge.path === path);
  }

  in({ folder, sync }: SyncedFolder): readonly RecordedMerge[] {
    const { server, tree } = sync.state.binding ?? {};
    const uri = folder.uri.toString();
    return this.all.filter((merge) => merge.folder === uri && merge.server === server && merge.tree === tree);
  }

  /** The paths of a folder that no pull may merge, since the user is merging them. */
  pathsIn(owner: SyncedFolder): ReadonlySet<string> {
    return new Set(this.in(owner).map(({ path }) => path));
  }

  /** Adds a merge that this window shows. */
  begin(merge: RecordedMerge): Promise<void> {
    const shown = { ...merge, host: markOfThisProcess() };
    return this.#update(merge.folder, (all) => [...all.filter(({ path }) => path !== merge.path), shown]);
  }

  async end({ folder }: SyncedFolder, paths: readonly string[]): Promise<void> {
    const uri = folder.uri.toString();
    if (!this.#folders.get(uri)?.all.some(({ path }) => paths.includes(path))) return;
    await this.#update(uri, (all) => all.filter(({ path }) => !paths.includes(path)));
  }

  isAborting({ folder, path }: RecordedMerge): boolean {
    return this.#aborting.has(`${folder}\0${path}`);
  }

  /** Runs the abort of a merge. Invariant: the merge stays recorded until it is aborted, so that no pull replaces it. */
  async aborting<T>({ folder, path }: RecordedMerge, abort: () => Promise<T>): Promise<T> {
    const key = `${folder}\0${path}`;
    this.#aborting.add(key);
    try {
      return await abort();
    } finally {
      this.#aborting.delete(key);
    }
  }

  async #update(uri: string, change: (all: readonly RecordedMerge[]) => readonly RecordedMerge[]): Promise<void> {
    const merges = this.#folders.get(uri);
    if (merges === undefined) return;
    await merges.file.update((all = []) => (merges.all = change(inFolder(all, uri))));
    this.#publish();
  }

  /** Reads what another window may have changed. */
  async #read(uri: string): Promise<void> {
    const merges = this.#folders.get(uri);
    if (merges === undefined) return;
    const before = JSON.stringify(merges.all);
    merges.all = inFolder((await merges.file.read().catch(() => undefined)) ?? [], uri);
    if (JSON.stringify(merges.all) !== before) this.#publish();
  }

  /** Moves the merges that an earlier release kept for this window into the file. */
  async #importFormer(uri: string, storage: string): Promise<void> {
    const former = this.#former.get<readonly RecordedMerge[]>(formerKey, []);
    const own = former.filter(({ folder }) => folder === uri).map((merge) => withCopyIn(storage, merge));
    if (own.length === 0) return;
    const isNew = (all: readonly RecordedMerge[]) => (merge: RecordedMerge) =>
      all.every(({ path }) => path !== merge.path);
    await this.#update(uri, (all) => [...all, ...own.filter(isNew(all))]);
    await this.#former.update(
      formerKey,
      former.filter(({ folder }) => folder !== uri),
    );
  }

  /** Fires the event, and sets the context key for the merge editor's button. */
  #publish(): void {
    // As URIs, not text: the workbench of a remote machine has another scheme for them.
    const uris = this.all.map(({ folder, path }) => vscode.Uri.joinPath(vscode.Uri.parse(folder), path));
    void vscode.commands.executeCommand('setContext', contextKeys.merging, uris.length > 0 ? uris : undefined);
    this.#changed.fire();
  }

  dispose(): void {
    for (const { endWatch } of this.#folders.values()) endWatch();
    this.#folders.clear();
    this.#changed.dispose();
  }
}

/** Updates the folder's URI in its merges, which differs if the folder was moved since. */
function inFolder(merges: readonly RecordedMerge[], folder: string): readonly RecordedMerge[] {
  return merges.map((merge) => (merge.folder === folder ? merge : { ...merge, folder }));
}

function isBackup(name: string | undefined): boolean {
  return name !== undefined && /^(\d+-)?\d{4}-\d\d-\d\dT/.test(name);
}

/** Updates the path of the copy, if its storage was merged into this one: the copy was moved with the backups. */
function withCopyIn(storage: string, merge: RecordedMerge): RecordedMerge {
  if (exists(merge.mineCopy)) return merge;
  const parts = merge.mineCopy.split(sep);
  const start = parts.findIndex((part, index) => part === storageNames.backups && isBackup(parts[index + 1])) + 1;
  const [backup = '', ...path] = parts.slice(start);
  const moved = join(storage, storageNames.backups, movedBackupName(backup), ...path);
  return start > 0 && exists(moved) ? { ...merge, mineCopy: moved } : merge;
}

/** True while the ancestor is the one that the merge began with. */
export function isMergeCurrent({ sync }: SyncedFolder, { path, ancestor }: RecordedMerge): boolean {
  return (sync.history.ancestorHash(path) ?? null) === ancestor;
}

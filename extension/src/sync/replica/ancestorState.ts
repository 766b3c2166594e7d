import type { Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { entryWith, sameEntry, type Entry, type FileTable } from '../../core/entry';
import { overlay, remoteTable, type RemoteEntry } from '../../core/remoteTable';
import { remoteChangesSteps } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Client } from '../../io/api/client';
import type { StoredState } from '../../io/store/storePort';
import { runYielding } from '../../io/threads/yielding';

/** A revision; the id distinguishes it from another of the same number. */
export interface RevisionRef {
  readonly revision: number;
  readonly id: string;
}

/** The server's changes since the last synced revision, as last fetched. */
export interface RemoteChanges extends RevisionRef {
  readonly changes: ReadonlyMap<string, RemoteEntry>;
}

export interface FetchedChanges extends RemoteChanges {
  /** All folders that are tracked in the tree. */
  readonly folders: readonly string[];
  /** The names of the other tokens that push to the tree; undefined if the server does not say. */
  readonly otherWriters?: readonly string[] | undefined;
}

/** The server's changes since the revision that was the synced one when they were requested. */
export interface RequestedChanges {
  readonly since: number;
  readonly sinceId: string | undefined;
  readonly fetched: FetchedChanges;
}

/** Selects the server's table at the last synced revision, or with all changes that were fetched since. */
export type RemoteVersion = 'lastSynced' | 'known';

/** The part of a `TreeClient` that the changes are fetched from. */
export interface FileTableSource {
  readonly client: Pick<Client, 'files'>;
  readonly tree: string;
}

/** A push that the server has committed, unknown to this machine. */
export interface SettledCommit {
  /** The revision that it was based on. */
  readonly base: number;
  readonly committed: RevisionRef;
  /** All changes from `base` to the committed revision. */
  readonly changes: readonly Change[];
}

/** The ancestor and the unapplied remote entry of one path. */
export interface AncestorSnapshot {
  readonly path: string;
  readonly ancestor: Entry | undefined;
  readonly unapplied: RemoteEntry | undefined;
}

type AncestorTables = Pick<
  StoredState,
  'ancestor' | 'unappliedRemote' | 'revision' | 'revisionId' | 'syncedAt' | 'otherWriters'
>;

/**
 * The last state that both sides shared, and what is known of the server beyond it. The only writer of the stored
 * ancestor, unapplied remote entries, revision and other writers.
 */
export class AncestorState {
  readonly #stored: AncestorTables;
  #remoteChanges: RemoteChanges | undefined;
  #isServerChecked = false;
  /** The time of the last response of the server, in milliseconds since 1970. */
  #checkedAt: number | undefined;
  #pendingCommit: readonly Change[] = [];

  constructor(stored: AncestorTables) {
    this.#stored = stored;
  }

  get entries(): FileTable {
    return this.#stored.ancestor;
  }

  /** Server-side entries of the synced revision that were not applied here; null for a deletion. */
  get unappliedRemote(): ReadonlyMap<string, RemoteEntry> {
    return this.#stored.unappliedRemote;
  }

  /** The last synced revision; 0 before the first. */
  get revision(): number {
    return this.#stored.revision;
  }

  get revisionId(): string | undefined {
    return this.#stored.revisionId;
  }

  get remoteChanges(): RemoteChanges | undefined {
    return this.#remoteChanges;
  }

  /** The newest revision that was fetched or synced. */
  get knownRevision(): number {
    return this.#remoteChanges?.revision ?? this.revision;
  }

  /**
   * The time, in milliseconds since 1970, at which the server was last seen to have the known revision; undefined if
   * nothing is known of it. The stored time is that of the last sync, since a save for each response would make other
   * windows read the state again.
   */
  get knownAt(): number | undefined {
    return this.#checkedAt ?? this.#stored.syncedAt;
  }

  /** Whether the server was asked for its changes since this window has opened or bound the folder. */
  get isServerChecked(): boolean {
    return this.#isServerChecked;
  }

  /** Increases with each change of the ancestor or of the unapplied remote entries. */
  get version(): number {
    return this.#stored.ancestor.version + this.#stored.unappliedRemote.version;
  }

  /** The server's table. It is a view: later changes show in it. */
  remote(version: RemoteVersion): FileTable {
    const synced = remoteTable(this.#stored.ancestor, this.#stored.unappliedRemote);
    const fetched = version === 'known' ? this.#remoteChanges : undefined;
    return fetched === undefined ? synced : overlay(synced, fetched.changes);
  }

  isDeletedOnServer(path: string): boolean {
    const fetched = this.#remoteChanges?.changes.get(path);
    return (fetched === undefined ? this.#stored.unappliedRemote.get(path) : fetched) === null;
  }

  /** Fetches the changes since the synced revision. Throws revision_not_found if the server does not know it. */
  async fetchRemoteChanges(source: FileTableSource, signal: AbortSignal): Promise<FetchedChanges> {
    const { fetched } = await this.requestRemoteChanges(source, signal);
    this.#adopt(fetched);
    return fetched;
  }

  /**
   * Requests the changes since the synced revision, and changes nothing: the caller need not have the turn while it waits
   * for the server. Throws revision_not_found if the server does not have that revision, even if the server does not say so:
   * it went back to an older one, or gives its number to another.
   */
  async requestRemoteChanges({ client, tree }: FileTableSource, signal: AbortSignal): Promise<RequestedChanges> {
    const { revision: since, revisionId: sinceId } = this;
    const { files, ...head } = await client.files(tree, since, sinceId, signal);
    const isOther = head.revision === since && sinceId !== undefined && head.id !== sinceId;
    if (head.revision < since || isOther) {
      throw new PalmtreeError('revision_not_found', `revision ${since} became ${head.revision} (${head.id})`);
    }
    return { since, sinceId, fetched: { ...head, changes: await runYielding(remoteChangesSteps(files)) } };
  }

  /** Whether the tree has the synced revision: no two trees have a revision with the same id. */
  async isOf(source: FileTableSource, signal: AbortSignal): Promise<boolean> {
    if (this.revision === 0 || this.revisionId === undefined) return false;
    try {
      await this.requestRemoteChanges(source, signal);
      return true;
    } catch (error) {
      if (isPalmtreeError(error)) return false;
      throw error;
    }
  }

  /** Adopts requested changes. False if another revision was synced since they were requested. */
  adoptRemoteChanges({ since, sinceId, fetched }: RequestedChanges): boolean {
    if (since !== this.revision || sinceId !== this.revisionId) return false;
    this.#adopt(fetched);
    return true;
  }

  #adopt(fetched: FetchedChanges): void {
    this.#remoteChanges = fetched;
    this.#stored.otherWriters = fetched.otherWriters;
    this.#isServerChecked = true;
    this.#checkedAt = Date.now();
  }

  discardRemoteChanges(): void {
    this.#remoteChanges = undefined;
    this.#checkedAt = undefined;
  }

  /**
   * Records that both sides have `entry` at `path`, or that neither has a file there.
   * Invariant: only a state that was verified on both sides becomes the ancestor.
   */
  markSynced(path: string, entry: Entry | undefined): void {
    const { ancestor, unappliedRemote } = this.#stored;
    if (entry === undefined) ancestor.delete(path);
    else ancestor.set(path, entry);
    unappliedRemote.delete(path);
  }

  /** Marks the result of each change as synced. */
  *markSyncedSteps(changes: readonly Change[]): CooperativeTask<void> {
    for (const [number, { path, to }] of changes.entries()) {
      if (number % stepSize === 0) yield;
      this.markSynced(path, to);
    }
  }

  async markAllSynced(changes: readonly Change[]): Promise<void> {
    await runYielding(this.markSyncedSteps(changes));
  }

  /**
   * Makes `merged`, the server's version that was merged, the ancestor. The server's present version, `remote`, becomes
   * unapplied.
   */
  markMergedWith(merged: Entry, remote: RemoteEntry): void {
    this.#stored.ancestor.set(merged.path, merged);
    this.#stored.unappliedRemote.set(merged.path, remote);
  }

  /** Makes `base` the ancestor of `path` again: the server's version becomes unapplied, as it was before a pull. */
  restoreBase(path: string, base: Entry | null): void {
    const { ancestor, unappliedRemote } = this.#stored;
    const remote = unappliedRemote.get(path) ?? (unappliedRemote.has(path) ? null : (ancestor.get(path) ?? null));
    if (sameEntry(remote ?? undefined, base ?? undefined)) unappliedRemote.delete(path);
    else unappliedRemote.set(path, remote);
    if (base === null) ancestor.delete(path);
    else ancestor.set(path, base);
  }

  /** Copies the state of `path`, for `restore`. */
  snapshot(path: string): AncestorSnapshot {
    const { ancestor, unappliedRemote } = this.#stored;
    const [entry, unapplied] = [ancestor.get(path), unappliedRemote.get(path)];
    // Copies, since an entry of the store is a view of its row.
    return { path, ancestor: entry && entryWith(entry), unapplied: unapplied && entryWith(unapplied) };
  }

  /** Restores the state of one path from a snapshot. */
  restore({ path, ancestor, unapplied }: AncestorSnapshot): void {
    const { ancestor: entries, unappliedRemote } = this.#stored;
    if (ancestor === undefined) entries.delete(path);
    else entries.set(path, ancestor);
    if (unapplied === undefined) unappliedRemote.delete(path);
    else unappliedRemote.set(path, unapplied);
  }

  /**
   * Puts `local`, if it equals the ancestor, into conflict with the unapplied remote entry: without an ancestor, it counts
   * as a change of this disk, and the next pull does not replace it.
   */
  conflictWithUnapplied(local: Entry): void {
    const { ancestor, unappliedRemote } = this.#stored;
    if (unappliedRemote.has(local.path) && sameEntry(ancestor.get(local.path), local)) ancestor.delete(local.path);
  }

  /** Moves the ancestor entries of paths that are no longer tracked to the unapplied remote entries. */
  *releaseUntrackedSteps(isTracked: (path: string) => boolean): CooperativeTask<void> {
    const { ancestor, unappliedRemote } = this.#stored;
    let visited = 0;
    for (const [path, entry] of ancestor) {
      if (++visited % stepSize === 0) yield;
      if (isTracked(path)) continue;
      if (!unappliedRemote.has(path)) unappliedRemote.set(path, entry);
      ancestor.delete(path);
    }
  }

  /**
   * Forgets the ancestor, after the server was changed for another one or restored from a backup. Without an ancestor no
   * path counts as deleted or unchanged: equal files converge, different ones are conflicts.
   */
  forget(): void {
    this.#stored.ancestor.clear();
    this.#stored.unappliedRemote.clear();
    this.#stored.revision = 0;
    this.#stored.revisionId = undefined;
    this.#stored.syncedAt = undefined;
    this.#stored.otherWriters = undefined;
    this.#remoteChanges = undefined;
    this.#isServerChecked = false;
    this.#checkedAt = undefined;
  }

  /** Remembers the changes of a push that is about to be committed, until a revision is synced. */
  setPendingCommit(changes: readonly Change[]): void {
    this.#pendingCommit = changes;
  }

  /** Marks the changes of a pending commit whose response was lost as synced, if the fetched remote changes contain them. */
  reconcileLostCommit(): void {
    for (const { path, to } of this.#pendingCommit) {
      const remote = this.#remoteChanges?.changes.get(path);
      if (remote !== undefined && sameEntry(remote ?? undefined, to)) this.markSynced(path, to);
    }
  }

  /** Records the changes of a push whose response was lost: both sides had their result in the committed revision. */
  async settle({ base, committed, changes }: SettledCommit): Promise<void> {
    if (this.revision < committed.revision) {
      await this.markAllSynced(changes);
      // A force push may have been based on a newer revision, whose other changes are still to be fetched.
      if (this.revision === base) await this.moveTo(committed);
      return;
    }
    // The server has had newer entries since, which this disk never had.
    for (const { path, to } of changes) this.restoreBase(path, to ?? null);
  }

  /** Makes a revision of the server the synced one. Its `changes` that are not in `synced` become unapplied. */
  async moveTo(
    to: RevisionRef,
    changes: RemoteChanges['changes'] = new Map(),
    synced: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await runYielding(this.moveToSteps(to, changes, synced));
  }

  /** `moveTo` as a cooperative task; the revision changes at its end. */
  *moveToSteps(
    { revision, id }: RevisionRef,
    changes: RemoteChanges['changes'],
    synced: ReadonlySet<string>,
  ): CooperativeTask<void> {
    const { ancestor, unappliedRemote } = this.#stored;
    let visited = 0;
    for (const [path, remote] of changes) {
      if (++visited % stepSize === 0) yield;
      if (synced.has(path)) continue;
      if (sameEntry(ancestor.get(path), remote ?? undefined)) unappliedRemote.delete(path);
      else unappliedRemote.set(path, remote);
    }
    this.#checkedAt = Date.now();
    // The time of an unchanged revision is left, so that a pull of nothing has nothing to save.
    if (this.#stored.revision !== revision || this.#stored.revisionId !== id) this.#stored.syncedAt = this.#checkedAt;
    this.#stored.revision = revision;
    this.#stored.revisionId = id;
    this.#remoteChanges = undefined;
    this.#isServerChecked = true;
    this.#pendingCommit = [];
  }
}

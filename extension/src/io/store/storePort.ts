import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { HeldKind } from '../../core/reconcile/dropHeld';
import type { Rule } from '../../core/tracking/rule';
import type { Mounts } from './folderIdentity';
import type { StoredMap } from '../entries/storedMap';

/** Pulls the files of a kind that is held back, or leaves them on the server. */
export type HeldAnswer = 'pull' | 'leave';
export type HeldAnswers = Readonly<Partial<Record<HeldKind, HeldAnswer>>>;

/** The stored state: observations and synced states, never pending work. */
export interface StoredState {
  /** The server and tree that `ancestor` was synced with. */
  binding: { server: string; tree: string } | undefined;
  /** The last synced revision: `ancestor` with `unappliedRemote` is its table. */
  revision: number;
  /** The id of that revision, which another revision with the same number does not have; undefined if unknown. */
  revisionId: string | undefined;
  /** The time at which `revision` became the last synced one, in milliseconds since 1970; undefined if unknown. */
  syncedAt: number | undefined;
  /** The disks that the last scan found mounted in the folder. */
  mounts: Mounts;
  /** The names of the other tokens that push to the tree, as last fetched; undefined if unknown. */
  otherWriters: readonly string[] | undefined;
  /** The user's answers about files of others in this tree. */
  heldAnswers: HeldAnswers;
  /** The user has paused the pushes and pulls that nobody asks for. */
  isAutomationPaused: boolean;
  /** The hashes of the files that pulls have merged, by path. */
  merged: ReadonlyMap<string, string>;
  readonly rules: StoredMap<Rule>;
  readonly ancestor: StoredMap<Entry>;
  /** The server's state at `revision` for paths that were not applied here; null for a deletion. */
  readonly unappliedRemote: StoredMap<Entry | null>;
  readonly observations: StoredMap<Observation>;
}

/** The state of a workspace folder that survives restarts, and that windows share. */
export interface Store {
  readonly state: StoredState;
  /** The path that a damaged store was moved to when this one was opened; undefined if there was none. */
  readonly setAside: string | undefined;
  /** Reads the file again if another window wrote it, and returns whether it did. Throws store_newer, store_failed. */
  refresh(): Promise<boolean>;
  /**
   * Calls `onChange` after each write of the file, by this window or another, where the system reports them. Returns a
   * function that ends the watch.
   */
  watch(onChange: () => void): () => void;
  /** Writes the state. Resolves when it is durable. Throws store_failed, disk_full or read_only. */
  save(): Promise<void>;
  /**
   * Runs `work` under the lock between windows, and one at a time within this window. Throws store_locked, store_failed,
   * disk_full or read_only, and the errors of `work`.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Frees what is kept for the next save. The store can still be used. */
  rest(): void;
}

import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import type { StoredMap } from '../entries/storedMap';

/** What the store keeps: observations and agreements, never pending work. */
export interface StoredState {
  /** The tree and server that `ancestor` was agreed with. */
  binding: { server: string; tree: string } | undefined;
  /** The revision that `ancestor` overlaid with `skipped` stands for. */
  revision: number;
  /** Tells that revision from another of the same number; undefined when it is not known. */
  revisionId: string | undefined;
  readonly rules: StoredMap<Rule>;
  readonly ancestor: StoredMap<Entry>;
  /** What the server has at `revision` where it was not taken over: an entry, or null for a deletion. */
  readonly unappliedRemote: StoredMap<Entry | null>;
  readonly observations: StoredMap<Observation>;
}

export interface Store {
  readonly state: StoredState;
  /** Where a damaged store was set aside when this one was opened, if it was. */
  readonly setAside: string | undefined;
  /** Reads the file again when another window has written it since; true when it had. */
  refresh(): Promise<boolean>;
  /** Resolves when the state is durable: temporary file, flush, rename. */
  save(): Promise<void>;
  /** Runs `work` while no other window or process does; one at a time within this one, too. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

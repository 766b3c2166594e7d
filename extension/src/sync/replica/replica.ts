import { runToEnd } from '../../core/cooperativeTask';
import type { NameRules } from '../../core/filenames/nameRules';
import { isInside } from '../../core/paths';
import type { Rule } from '../../core/tracking/rule';
import type { Scanner, ScanRequest } from '../../io/scan/scannerPort';
import type { Store } from '../../io/store/storePort';
import { modesProbe } from '../../io/fs/modesProbe';
import { runYielding } from '../../io/threads/yielding';
import type { Binding } from '../ports/syncState';
import { AncestorState } from './ancestorState';
import { LocalIndex, type ScanEffect } from './localIndex';
import { PathStateCache } from './pathStateCache';
import { Planner } from './planner';
import { TrackingRules, type ExcludeSettings } from './trackingRules';

export interface ReplicaSettings extends ExcludeSettings {
  /** `keep` observes and sets permission bits, `ignore` does not, and `auto` probes the disk. The default is `auto`. */
  readonly modes?: 'auto' | 'keep' | 'ignore';
  /** The fraction of the tracked files, from 0 to 1, that a plan may delete or empty without confirmation. */
  readonly deletionGuardFraction?: number;
}

export interface ReplicaDeps {
  readonly root: string;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly settings: () => ReplicaSettings;
  /** How the disk treats names; probed on the disk by default. */
  readonly nameRules?: () => NameRules;
}

/**
 * One workspace folder as this machine knows it. Each part owns the state that it alone changes.
 * Invariant: a path that is not syncable is left out of all three tables (ancestor, observations, remote) when they are
 * reconciled, so it is neither deleted nor overwritten on either side.
 */
export class Replica {
  readonly root: string;
  readonly rules: TrackingRules;
  readonly local: LocalIndex;
  readonly ancestor: AncestorState;
  readonly planner: Planner;
  readonly states: PathStateCache;
  readonly #store: Store;
  readonly #settings: () => ReplicaSettings;

  constructor({ root, store, scanner, settings, nameRules }: ReplicaDeps) {
    const { state } = store;
    this.root = root;
    this.#store = store;
    this.#settings = settings;
    const probeModes = modesProbe(root);
    const honoursModes = (): boolean => {
      const { modes = 'auto' } = settings();
      return modes === 'auto' ? probeModes() : modes === 'keep';
    };
    this.local = new LocalIndex({ root, stored: state, scanner, nameRules, honoursModes });
    this.rules = new TrackingRules({ rules: state.rules, settings, gitignores: this.local.gitignores });
    this.ancestor = new AncestorState(state);
    const { rules, local, ancestor } = this;
    this.planner = new Planner({ rules, local, ancestor });
    this.states = new PathStateCache({ rules, local, ancestor, planner: this.planner });
  }

  get binding(): Binding | undefined {
    return this.#store.state.binding;
  }

  /** Undefined if the setting is not a number from 0 to 1: settings can hold anything. */
  get deletionGuardFraction(): number | undefined {
    const { deletionGuardFraction = Number.NaN } = this.#settings();
    return deletionGuardFraction >= 0 && deletionGuardFraction <= 1 ? deletionGuardFraction : undefined;
  }

  save(): Promise<void> {
    return this.#store.save();
  }

  /** Scans all tracked files, or those of `request.only`, and returns what changed. */
  async scan(request: Omit<ScanRequest, 'scope' | 'honoursModes' | 'mounts'>): Promise<ScanEffect> {
    const effect = await this.local.scan({ ...request, scope: this.rules.scope });
    await this.local.adoptModes(this.ancestor.entries, effect.changes);
    if (request.only === undefined) await runYielding(this.#releaseUntrackedSteps());
    return effect;
  }

  /** Stops tracking `path`, and everything in it, on this machine. */
  untrack(path: string): void {
    this.rules.untrack(path, () => this.kindOnServer(path) !== undefined);
    runToEnd(this.#releaseUntrackedSteps());
  }

  /** The kind of `path` on the server, as last fetched. */
  kindOnServer(path: string): Rule['kind'] | undefined {
    const onServer = this.ancestor.remote('known');
    if (onServer.has(path)) return 'file';
    for (const other of onServer.keys()) if (isInside(other, path)) return 'folder';
    return undefined;
  }

  /** Another window has replaced the stored state. */
  reload(): void {
    this.local.reset();
    this.ancestor.discardRemoteChanges();
  }

  /**
   * Invariant: a path that is no longer tracked leaves the ancestor and becomes unapplied remote. Tracked again, it is
   * downloaded, compared or in conflict, and never looks deleted.
   */
  #releaseUntrackedSteps() {
    const { observations } = this.local;
    const selection = this.rules.selection();
    // Nearly all paths are observed, and an observed path is tracked.
    return this.ancestor.releaseUntrackedSteps((path) => observations.has(path) || selection.includes(path));
  }
}

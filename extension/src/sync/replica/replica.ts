import { runToEnd } from '../../core/cooperativeTask';
import type { NameRules } from '../../core/filenames/nameRules';
import type { TooLong } from '../../core/reconcile/dropTooLongPaths';
import { isInside } from '../../core/paths';
import { mayBeSharedFile } from '../../core/sharedFiles';
import type { RuleRename } from '../../core/tracking/moveRules';
import type { Rule } from '../../core/tracking/rule';
import type { Scanner, ScanRequest } from '../../io/scan/scannerPort';
import type { Store } from '../../io/store/storePort';
import { runYielding } from '../../io/threads/yielding';
import type { Binding } from '../ports/syncState';
import { AncestorState, type FileTableSource } from './ancestorState';
import { LocalIndex, type ScanEffect } from './localIndex';
import { followRenames, mayHaveRenames, rememberIdentitiesSteps } from './followRenames';
import { PathStateCache } from './pathStateCache';
import { Planner } from './planner';
import { UnchangedMerges } from './unchangedMerges';
import { PullConsent } from './pullConsent';
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
  /** The name rules of the disk; by default those that the scanner has found. */
  readonly nameRules?: () => NameRules;
  /** Tells which paths of the server are too long for this machine; none by default. */
  readonly tooLong?: TooLong | undefined;
  /** Called when rules have followed files or folders that were renamed outside the editor. */
  readonly onFollowed?: ((renames: readonly RuleRename[]) => void) | undefined;
}

type RescanRequest = Omit<ScanRequest, 'scope' | 'honorsModes' | 'mounts' | 'only'> & {
  readonly only?: readonly string[] | undefined;
};

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
  readonly consent: PullConsent;
  readonly merges: UnchangedMerges;
  readonly planner: Planner;
  readonly states: PathStateCache;
  readonly #store: Store;
  readonly #settings: () => ReplicaSettings;
  readonly #onFollowed: ReplicaDeps['onFollowed'];

  constructor({ root, store, scanner, settings, nameRules, tooLong, onFollowed }: ReplicaDeps) {
    const { state } = store;
    this.root = root;
    this.#store = store;
    this.#settings = settings;
    this.#onFollowed = onFollowed;
    const modes = () => settings().modes ?? 'auto';
    this.local = new LocalIndex({ root, stored: state, scanner, nameRules, modes });
    const { gitignores, ownFolders } = this.local;
    const shared = () => this.local.sharedRules;
    this.rules = new TrackingRules({ rules: state.rules, settings, gitignores, shared, ownFolders });
    this.ancestor = new AncestorState(state);
    const { rules, local, ancestor } = this;
    const consent = (this.consent = new PullConsent({ stored: state, rules }));
    this.merges = new UnchangedMerges(state, local.observations);
    this.planner = new Planner({ rules, local, ancestor, consent, tooLong });
    this.states = new PathStateCache({ rules, local, ancestor, consent, planner: this.planner });
  }

  get binding(): Binding | undefined {
    return this.#store.state.binding;
  }

  /** Undefined if the setting is not a number from 0 to 1: settings can have any value. */
  get deletionGuardFraction(): number | undefined {
    const { deletionGuardFraction = Number.NaN } = this.#settings();
    return deletionGuardFraction >= 0 && deletionGuardFraction <= 1 ? deletionGuardFraction : undefined;
  }

  save(): Promise<void> {
    return this.#store.save();
  }

  /**
   * Scans all tracked files, or those of `request.only`, and returns what changed. A change of the shared rules may concern
   * any file, so all are scanned. If files or folders with rules of
   * their own were renamed, the rules follow, and all tracked files are scanned again.
   */
  async scan(asked: Omit<ScanRequest, 'scope' | 'honorsModes' | 'mounts'>): Promise<ScanEffect> {
    const isWidened = asked.only !== undefined && (this.local.mustScanAll || asked.only.some(concernsSharedFiles));
    const request = isWidened ? { ...asked, only: undefined } : asked;
    const scanned = await this.#scanOnce(request);
    const effect = isWidened ? { ...scanned, isComplete: false } : scanned;
    const removed = effect.changes.flatMap(({ path, to }) => (to === undefined ? [path] : []));
    if (request.only !== undefined && !mayHaveRenames(this, removed)) return effect;
    const renames = await followRenames(this, request.signal);
    if (renames.length === 0) return effect;
    const { changes } = await this.#scanOnce({ ...request, only: undefined, verify: false });
    this.#onFollowed?.(renames);
    return { changes: [...effect.changes, ...changes], isComplete: false };
  }

  async #scanOnce({ only, ...request }: RescanRequest): Promise<ScanEffect> {
    const scope = { ...request, scope: this.rules.scope };
    const effect = await this.local.scan(only === undefined ? scope : { ...scope, only });
    await this.local.adoptModes(this.ancestor.entries, effect.changes);
    const changed = effect.changes.flatMap(({ path, to }) => (to === undefined ? [] : [path]));
    await runYielding(rememberIdentitiesSteps(this, changed, only === undefined));
    if (only !== undefined) return effect;
    await runYielding(this.#releaseUntrackedSteps());
    this.removeLapsedRules();
    return effect;
  }

  /** Removes the rules of renamed paths that neither this disk nor the server has any more. */
  removeLapsedRules(): void {
    const tables = [this.local.observations, this.ancestor.entries, this.ancestor.remote('known')];
    this.rules.removeLapsed((path) => tables.some((table) => hasPath(table, path)));
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
    return hasPath(onServer, path) ? 'folder' : undefined;
  }

  /**
   * Forgets what was synced with a tree, the merges and the answers about it: the folder is bound to another one. Keeps all if `source`,
   * a tree of the same server, is that tree under a new name.
   */
  async changeTree(source: FileTableSource | undefined, signal: AbortSignal): Promise<void> {
    if (source !== undefined && (await this.ancestor.isOf(source, signal))) return;
    this.ancestor.forget();
    this.consent.forget();
    this.merges.forget();
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

/** Whether a scan of `path` covers a file of the shared rules. */
function concernsSharedFiles(path: string): boolean {
  return path === '' || mayBeSharedFile(path);
}

function hasPath(table: ReadonlyMap<string, unknown>, path: string): boolean {
  if (table.has(path)) return true;
  for (const other of table.keys()) if (isInside(other, path)) return true;
  return false;
}

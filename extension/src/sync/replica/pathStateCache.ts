import type { Change } from '../../core/change';
import { openMask } from '../../core/folderMasks';
import { isPlain } from '../../core/filenames/nameRules';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { Problem } from '../../core/problem';
import { isInside } from '../../core/paths';
import type { Reconciliation } from '../../core/reconcile/reconcile';
import { localStates } from '../../core/status/localStates';
import { pathStateSteps, type PathStates } from '../../core/status/pathState';
import { pendingRenames, type PendingRenames } from '../../core/status/pendingRenames';
import { statesAfter } from '../../core/status/statesAfter';
import { runYielding } from '../../io/threads/yielding';
import type { RemoteChanges } from './ancestorState';
import type { ScanEffect } from './localIndex';
import type { Planner, PlannerDeps } from './planner';

/** The state of every path that is not in sync, with the reason of each problem. */
export interface FolderStates extends PathStates {
  readonly problems: ReadonlyMap<string, Problem>;
  /** The paths that a pull leaves on the server until the user decides. */
  readonly held: ReadonlyMap<string, HeldPath>;
}

export interface PathStateCacheDeps extends PlannerDeps {
  readonly planner: Planner;
}

/** Computes the states of all paths, and keeps them until something that they depend on changes. */
export class PathStateCache {
  readonly #deps: PathStateCacheDeps;
  #last:
    | {
        readonly key: string;
        readonly remoteChanges: RemoteChanges | undefined;
        readonly states: FolderStates;
        /** The plan found problems that the scans had not found. */
        readonly hasPlanProblems: boolean;
        /** All paths that a pull leaves on the server. */
        readonly leftOut: ReadonlySet<string>;
      }
    | undefined;

  constructor(deps: PathStateCacheDeps) {
    this.#deps = deps;
  }

  async current(): Promise<FolderStates> {
    const { rules, local, ancestor, consent } = this.#deps;
    const versions = [ancestor.version, local.version, rules.version];
    const key = JSON.stringify([...versions, rules.settings, local.nameRules, consent.key]);
    const { remoteChanges } = ancestor;
    if (this.#last?.key !== key || this.#last.remoteChanges !== remoteChanges) {
      const { states, leftOut } = await this.#compute();
      const hasPlanProblems = states.problems.size > local.problems.size;
      this.#last = { key, remoteChanges, states, hasPlanProblems, leftOut };
    }
    return this.#last.states;
  }

  /** `states` as they are without a server. */
  withoutServer({ states, tracked, problems }: FolderStates): FolderStates {
    const { ancestor, local } = this.#deps;
    const tables = { ancestor: ancestor.entries, local: local.observations };
    return { states: localStates(states, tables), conflicts: [], tracked, problems, held: new Map() };
  }

  /** The renames among the changes with these states. */
  renamesIn(states: PathStates['states']): PendingRenames {
    const { ancestor, local } = this.#deps;
    const tables = { ancestor: ancestor.entries, local: local.observations, remote: ancestor.remote('known') };
    return pendingRenames(states, tables);
  }

  /** The states after a scan, given those before it: computed from the changed paths alone if that is enough. */
  async afterScan(before: FolderStates, { changes, isComplete }: ScanEffect): Promise<FolderStates> {
    const { ancestor, planner } = this.#deps;
    const isMasked = changes.some(({ path }) => this.#deps.local.maskAt(path) !== openMask);
    if (!isComplete || isMasked || this.#mayAffectOthers(changes)) return this.current();
    const remote = ancestor.remote('known');
    const after = statesAfter(before, changes, {
      ancestor: (path) => ancestor.entries.get(path),
      remote: (path) => remote.get(path),
      isSyncable: planner.syncableTest(),
    });
    return after === undefined ? this.current() : { ...after, problems: before.problems, held: before.held };
  }

  /** Whether a change may alter the state of other paths in a way that `statesAfter` does not detect. */
  #mayAffectOthers(changes: readonly Change[]): boolean {
    const { local, ancestor } = this.#deps;
    if (changes.some(({ path }) => this.#last?.leftOut.has(path))) return true;
    const hasNewName = changes.some(({ from, to }) => (from === undefined) !== (to === undefined));
    // Another name may have become storable, or have ceased to be.
    if (hasNewName && (this.#last?.hasPlanProblems === true || !isPlain(local.nameRules))) return true;
    const onServer = [...ancestor.unappliedRemote.keys(), ...(ancestor.remoteChanges?.changes.keys() ?? [])];
    return changes.some(({ path, from }) => from === undefined && onServer.some((other) => isInside(other, path)));
  }

  async #compute(): Promise<{ readonly states: FolderStates; readonly leftOut: ReadonlySet<string> }> {
    const { local, planner, consent } = this.#deps;
    const { plan, problems, held: all } = await planner.reconcile('known');
    const held = new Map([...all].filter(([, one]) => consent.isUndecided(one)));
    const pulled = await this.#pulledConflicts(plan);
    const isUnpulled = (path: string): boolean => !pulled.has(path);
    const states = await runYielding(pathStateSteps(plan, problems, local.observations.size, isUnpulled, held));
    return { states: { ...states, problems, held }, leftOut: new Set(all.keys()) };
  }

  /** The conflicts that remain without the remote changes: a pull has tried them already and could not merge them. */
  async #pulledConflicts({ conflicts }: Reconciliation): Promise<ReadonlySet<string>> {
    if (conflicts.length === 0) return new Set();
    const { ancestor, planner } = this.#deps;
    const hasRemoteChanges = ancestor.remoteChanges !== undefined && ancestor.remoteChanges.changes.size > 0;
    const pulled = hasRemoteChanges ? (await planner.reconcile('lastSynced')).plan.conflicts : conflicts;
    return new Set(pulled.map(({ path }) => path));
  }
}

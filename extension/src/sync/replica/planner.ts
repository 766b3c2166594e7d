import { dropTooLongPaths, type TooLong } from '../../core/reconcile/dropTooLongPaths';
import { dropUnrepresentableNames } from '../../core/reconcile/dropUnrepresentableNames';
import { dropHeld, heldPaths, type HeldKind, type HeldPath, type HoldPolicy } from '../../core/reconcile/dropHeld';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import type { FileTable } from '../../core/entry';
import { leadingLink, LinkedPaths } from '../../core/filenames/linkedPaths';
import { obeyedWithin } from '../../core/filenames/obeyedFiles';
import type { Selection } from '../../core/tracking/selection';
import type { Change } from '../../core/change';
import type { Problem } from '../../core/problem';
import { reconcileSteps, type Reconciliation } from '../../core/reconcile/reconcile';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { dropBlockedByServer } from '../../core/reconcile/dropBlockedByServer';
import { runYielding } from '../../io/threads/yielding';
import type { AncestorState, RemoteVersion } from './ancestorState';
import type { LocalIndex } from './localIndex';
import type { PullConsent } from './pullConsent';
import type { TrackingRules } from './trackingRules';

export interface PlannerDeps {
  readonly rules: TrackingRules;
  readonly local: LocalIndex;
  readonly ancestor: AncestorState;
  readonly consent: PullConsent;
  readonly tooLong?: TooLong | undefined;
}

export interface Reconciled {
  readonly plan: Reconciliation;
  /** Every path that cannot be synced: the problems that the scans found, and those of this plan. */
  readonly problems: ReadonlyMap<string, Problem>;
  /** Paths of the server that this disk cannot store under their names. */
  readonly unrepresentable: ReadonlySet<string>;
  /** The paths of others that a pull leaves on the server. */
  readonly held: ReadonlyMap<string, HeldPath>;
}

export interface ReconcileOptions {
  /** The kinds that are held back; by default those that the answers of the user leave held. */
  readonly holds?: ReadonlySet<HeldKind> | undefined;
  /** The user has just agreed to these paths. */
  readonly approved?: ReadonlySet<string> | undefined;
}

/** Reconciles the ancestor, this disk and the server. It changes none of them. */
export class Planner {
  readonly #deps: PlannerDeps;

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
  }

  /**
   * Classifies every path and returns the changes for each side.
   * Invariant: a path that one side cannot store is not put there, and its problem keeps no other path out of the plan.
   */
  async reconcile(version: RemoteVersion, options: ReconcileOptions = {}): Promise<Reconciled> {
    const { local, ancestor } = this.#deps;
    const remote = ancestor.remote(version);
    const observations = local.table((path) => ancestor.entries.get(path) ?? remote.get(path));
    const isSyncable = this.syncableTest();
    const whole = await runYielding(reconcileSteps(ancestor.entries, observations, remote, isSyncable));
    const linked = await runYielding(this.#linkedPathsSteps(whole.downloads));
    const { plan: agreed, held } = dropHeld(whole, this.#holdPolicy(linked, options));
    const short = dropTooLongPaths(agreed, this.#deps.tooLong ?? (() => undefined));
    const storable = dropUnrepresentableNames(short.plan, observations, local.nameRules, this.#unobservedPaths());
    const pushable = dropBlockedByServer(storable.plan.uploads, unpushedPaths(remote, observations, isSyncable));
    const sendable = dropFaulty(pushable.changes, local);
    const { uploads, problems } = dropUnpushable(sendable, local.unpushable);
    return {
      plan: { ...storable.plan, uploads },
      problems: new Map([
        ...problems,
        ...pushable.problems,
        ...short.problems,
        ...storable.problems,
        ...local.problems,
      ]),
      unrepresentable: new Set([...storable.dropped, ...short.problems.keys()]),
      held,
    };
  }

  /**
   * Those of the server's files `paths` that a program runs or obeys by itself, and that a pull would hold if they were not
   * tracked by name. `isTracked`: those that count as tracked by the rule of a folder.
   */
  *programFilesSteps(
    paths: Iterable<string>,
    isTracked: (path: string) => boolean,
    { holds }: Pick<ReconcileOptions, 'holds'> = {},
  ): CooperativeTask<HeldPath[]> {
    const remote = this.#deps.ancestor.remote('known');
    const changes: Change[] = [];
    for (const path of paths) {
      const to = remote.get(path);
      if (changes.length % stepSize === 0) yield;
      if (to !== undefined) changes.push({ path, from: undefined, to });
    }
    const linked = yield* this.#linkedPathsSteps(changes);
    const usual = this.#holdPolicy(linked, { holds });
    const isAnyTracked = (path: string): boolean => isTracked(path) || usual.isTracked(path);
    const policy = { ...usual, isNamed: () => false, isTracked: isAnyTracked };
    const found: HeldPath[] = [];
    for (let start = 0; start < changes.length; start += stepSize) {
      yield;
      for (const one of heldPaths(changes.slice(start, start + stepSize), policy).values()) {
        if (one.kinds.includes('program')) found.push(one);
      }
    }
    return found;
  }

  /**
   * Returns a test for syncable paths. A path without any rule passes: only the server has it, and a pull downloads it.
   * Invariant: an unreadable path must not look deleted, so a problem skips its path and all paths below it.
   */
  syncableTest(): (path: string) => boolean {
    const { local, rules } = this.#deps;
    const selection = rules.selection();
    return (path) => {
      if (local.isBlockedByProblem(path)) return false;
      return selection.includes(path) || (selection.ruleFor(path) === undefined && !selection.excludes(path));
    };
  }

  /** The links of this disk and of `downloads`; undefined if no new path is downloaded that could be obeyed through them. */
  *#linkedPathsSteps(downloads: readonly Change[]): CooperativeTask<LinkedPaths | undefined> {
    const { local, ancestor } = this.#deps;
    if (!downloads.some(({ path, to }) => to !== undefined && !ancestor.entries.has(path))) return undefined;
    const links = yield* local.leadingLinksSteps();
    let count = 0;
    // A link that a pull puts on this disk may lead further to the target of the user's.
    for (const { path, to } of downloads) {
      if (++count % stepSize === 0) yield;
      const link = to?.target === undefined ? undefined : leadingLink(path, to.target);
      if (link !== undefined) links.push(link);
    }
    return yield* LinkedPaths.buildSteps(links);
  }

  #holdPolicy(linked: LinkedPaths | undefined, { holds, approved }: ReconcileOptions): HoldPolicy {
    const { rules, ancestor, local, consent } = this.#deps;
    const selection = rules.selection();
    return {
      holds: holds ?? consent.holds(),
      approved,
      isTracked: (path) => selection.includes(path),
      isNamed: (path) => isNamed(selection, path),
      isSynced: (path) => ancestor.entries.has(path),
      obeyedThrough: (path) => linked?.obeyedThrough(path),
      holdsScripts: local.honorsModes && !consent.isNew,
    };
  }

  /** Paths that may be on this disk without an observation. Their names and the names of their folders count as taken. */
  *#unobservedPaths(): Generator<string> {
    yield* this.#deps.local.problems.keys();
    yield* this.#deps.rules.untrackedPaths;
  }
}

/** Whether the user has tracked `path` by name, or a folder above it with a name because of which all in it is obeyed. */
function isNamed(selection: Selection, path: string): boolean {
  const rule = selection.ruleFor(path);
  return rule?.effect === 'track' && (rule.path === path || obeyedWithin(rule.path) !== undefined);
}

/** The paths that a push leaves on the server, even if this disk has another file or folder in their place. */
function* unpushedPaths(
  remote: FileTable,
  observations: FileTable,
  isSyncable: (path: string) => boolean,
): Generator<string> {
  for (const path of remote.keys()) if (!observations.has(path) && !isSyncable(path)) yield path;
}

/** Drops the puts of files whose content has a fault. */
function dropFaulty(changes: readonly Change[], local: LocalIndex): readonly Change[] {
  const faulty = changes.filter(({ path, to }) => to !== undefined && local.isFaulty(path));
  if (faulty.length === 0) return changes;
  const dropped = new Set(faulty.map(({ path }) => path));
  return changes.filter(({ path }) => !dropped.has(path));
}

/** Drops the puts that the last push could not send, and the deletions of links that the server refused. */
function dropUnpushable(changes: readonly Change[], unpushable: LocalIndex['unpushable']) {
  const problems = new Map<string, Problem>();
  if (unpushable.size === 0) return { uploads: changes, problems };
  for (const { path, to } of changes) {
    const reason = unpushable.get(path);
    if (reason !== undefined && (to !== undefined || reason === 'link-refused')) problems.set(path, { path, reason });
  }
  const kept = new Set(changes.flatMap(({ path }) => (problems.has(path) ? [] : [path])));
  return { uploads: restrictTo(changes, kept), problems };
}

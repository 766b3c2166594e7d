import type { Change } from '../../core/change';
import { sameEntry, type Entry, type FileTable } from '../../core/entry';
import { parentFolders, isInside } from '../../core/paths';
import { isPlain, type NameRules } from '../../core/filenames/nameRules';
import { dropUnrepresentableNames } from '../../core/reconcile/dropUnrepresentableNames';
import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import { pathStateSteps, type PathStates } from '../../core/status/pathState';
import { PathFolders } from '../../core/status/pathTree';
import { reconcileSteps, type Reconciliation } from '../../core/reconcile/reconcile';
import { untrack, ruleFor, track, type Rule } from '../../core/tracking/rule';
import { Selection } from '../../core/tracking/selection';
import { runToEnd, stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { statesAfter, type LocalChange } from '../../core/status/statesAfter';
import { dropBlockedByServer } from '../../core/reconcile/serverPathConflicts';
import { remoteChangesSteps, overlay, remoteTable, type RemoteEntry } from '../../core/wire';
import { PalmtreeError } from '../../errors';
import type { ServerBinding } from '../ports/serverBinding';
import { nameRulesOf } from '../../io/fs/nameRules';
import { identityOfFolder } from '../../io/fs/rootFolder';
import { runYielding } from '../../io/threads/yielding';
import type { Scanner, ScanRequest, ScanResult, ScanScope } from '../../io/scan/scannerPort';
import type { Store, StoredState } from '../../io/store/storePort';

export interface ScanSettings extends Omit<ScanScope, 'rules'> {
  /** The share of the tracked files that a plan may take away unasked, of 1. */
  readonly deletionGuardShare?: number;
}

/** What a scan found. */
export interface ScanEffect {
  readonly changes: readonly LocalChange[];
  /** Nothing but `changes` is new: neither a problem nor a .gitignore file. */
  readonly isComplete: boolean;
}

/** A revision, and what tells it from another of the same number. */
export interface RevisionRef {
  readonly revision: number;
  readonly id: string;
}

/** What the server has beyond the stored revision, as far as it was asked. */
export interface RemoteChanges extends RevisionRef {
  readonly changes: ReadonlyMap<string, RemoteEntry>;
}

/** What the server answered: what is new there, and all folders that are tracked there. */
export interface FetchedChanges extends RemoteChanges {
  readonly folders: readonly string[];
}

/**
 * One workspace folder's three tables: what both sides agreed on, what stands on disk, what the server has.
 * Invariant: a path that does not take part (left, excluded) is in none of the tables that are reconciled, so
 * that it can neither be deleted nor overwritten on either side.
 */
export class Replica {
  readonly root: string;
  /** What cannot be synced: as the last scans met it, and what the last plan found no place for on either side. */
  readonly problems = new Map<string, Problem>();
  remoteChanges: RemoteChanges | undefined;
  /** What a push sent whose answer was lost: where the server has it now, it was agreed on. */
  pendingCommit: readonly Change[] = [];
  /** As the scans met them: what they leave out takes no part either. */
  readonly #gitignores = new Map<string, string>();
  readonly #store: Store;
  readonly #scanner: Scanner;
  readonly #settings: () => ScanSettings;
  readonly #nameRules: () => NameRules;
  /** Those of `problems` that a plan found; they hold back what would be put there, and nothing that stands. */
  #planProblems: ReadonlyMap<string, Problem> = new Map();
  #unrepresentable: ReadonlySet<string> = new Set();
  #folders: PathFolders | undefined;
  #lastStates:
    { readonly key: string; readonly incoming: RemoteChanges | undefined; readonly paths: PathStates } | undefined;
  /** Rises with each change of what the scans met and could not take in, or leave out. */
  #problemsVersion = 0;
  /** The workspace folder as the last scan found it. */
  #rootSeen: string | undefined;

  constructor(parts: {
    root: string;
    store: Store;
    scanner: Scanner;
    settings: () => ScanSettings;
    /** How the disk takes names; found by looking, unless told. */
    nameRules?: () => NameRules;
  }) {
    this.root = parts.root;
    this.#nameRules = parts.nameRules ?? nameRulesOf(parts.root);
    this.#store = parts.store;
    this.#scanner = parts.scanner;
    this.#settings = parts.settings;
  }

  get state(): StoredState {
    return this.#store.state;
  }

  save(): Promise<void> {
    return this.#store.save();
  }

  get scope(): ScanScope {
    const { exclude, respectGitignore } = this.#settings();
    return { exclude, respectGitignore, rules: [...this.state.rules.values()] };
  }

  /** Undefined for what is no share: settings can hold anything. */
  get deletionGuardShare(): number | undefined {
    const { deletionGuardShare = Number.NaN } = this.#settings();
    return deletionGuardShare >= 0 && deletionGuardShare <= 1 ? deletionGuardShare : undefined;
  }

  get nameRules(): NameRules {
    return this.#nameRules();
  }

  selection(): Selection {
    return new Selection({ ...this.scope, gitignores: this.#gitignores });
  }

  /** Takes `path` in, with the rules brought to their shortest form. */
  track(path: string, kind: Rule['kind']): void {
    const selection = this.selection();
    track(this.state.rules, path, kind, (other) => selection.excludes(other));
  }

  /** Makes sure that a file which was put there is kept in step. */
  ensureTracked(path: string): void {
    if (!this.selection().includes(path)) this.track(path, 'file');
  }

  /**
   * Takes `path`, and all that is in it, out on this machine.
   * Invariant: what the server has there keeps a rule of its own, or the next pull would take it in again.
   */
  untrack(path: string): void {
    const { rules } = this.state;
    const wasFolder = rules.get(path)?.kind === 'folder';
    untrack(rules, path, 'folder');
    if (ruleFor(rules, path) === undefined && (wasFolder || this.kindOnServer(path) !== undefined)) {
      rules.set(path, { path, kind: 'folder', effect: 'untrack' });
    }
    runToEnd(this.#parkUntrackedSteps());
  }

  /** Brings the observations up to date with the disk: all of it, or `only` some paths. Answers what changed. */
  async scan(request: Omit<ScanRequest, 'scope'>): Promise<ScanEffect> {
    const root = identityOfFolder(this.root);
    const result = await this.#scanner.scan({ ...request, scope: this.scope });
    this.#rootSeen = root;
    const [problems, gitignores] = [this.problems.size, this.#gitignores.size];
    const changes = await runYielding(this.#updateFromScanSteps(result));
    if (request.only === undefined) {
      this.problems.clear();
      this.#gitignores.clear();
    } else {
      for (const path of request.only) this.#forgetProblemsBelow(path);
    }
    for (const [folder, content] of result.gitignores) {
      if (content === null) this.#gitignores.delete(folder);
      else this.#gitignores.set(folder, content);
    }
    const isSameProblems = result.problems.length === 0 && this.problems.size === problems;
    for (const problem of result.problems) this.problems.set(problem.path, problem);
    if (request.only === undefined) await runYielding(this.#parkUntrackedSteps());
    const isSameGitignores = result.gitignores.size === 0 && (request.only !== undefined || gitignores === 0);
    const isAll = isSameProblems && isSameGitignores;
    if (!isAll) this.#problemsVersion++;
    return { changes, isComplete: isAll };
  }

  /** Takes in what a scan found; answers what changed. */
  *#updateFromScanSteps({ changed, removed }: ScanResult): CooperativeTask<LocalChange[]> {
    const { observations } = this.state;
    const changes: LocalChange[] = [];
    for (const path of removed) changes.push({ path, before: observations.get(path), after: undefined });
    for (const [number, after] of changed.entries()) {
      if (number % stepSize === 0) yield;
      changes.push({ path: after.path, before: observations.get(after.path), after });
    }
    yield;
    yield* this.#updateSteps(changed, removed);
    return changes;
  }

  /**
   * Throws root_gone where the workspace folder is not the one that was scanned: what was planned for that one would
   * be put where another disk was mounted, or none is any more.
   */
  requireSameRoot(): void {
    if (this.#rootSeen === undefined || identityOfFolder(this.root) === this.#rootSeen) return;
    throw new PalmtreeError('root_gone', 'another folder stands in the place of the workspace folder', {
      details: { subject: this.root },
    });
  }

  /** Takes in what was just seen on disk by another than the scanner. */
  async update(seen: readonly Observation[], gone: readonly string[]): Promise<void> {
    await runYielding(this.#updateSteps(seen, gone));
    this.#scanner.update(seen, gone);
  }

  *#updateSteps(seen: readonly Observation[], gone: readonly string[]): CooperativeTask<void> {
    const { observations } = this.state;
    const isOther = gone.length > 0 || seen.some(({ path }) => !observations.has(path));
    for (const path of gone) observations.delete(path);
    for (const [number, observation] of seen.entries()) {
      if (number % stepSize === 0) yield;
      observations.set(observation.path, observation);
    }
    // At the end: who asks for them in a pause may get those of half the paths.
    if (isOther) this.#folders = undefined;
  }

  /**
   * `lastSynced`: against the stored revision; `known`: against all that the server was heard to have, which also tells
   * anew what has no place on one of the sides.
   * Invariant: what has no place on a side is not put there, and nothing that stands is held back for it.
   */
  async reconcile(against: 'lastSynced' | 'known'): Promise<Reconciliation> {
    const { ancestor, unappliedRemote, observations } = this.state;
    const agreed = remoteTable(ancestor, unappliedRemote);
    const remote = against === 'known' && this.remoteChanges ? overlay(agreed, this.remoteChanges.changes) : agreed;
    const isSyncable = this.syncableTest();
    const whole = await runYielding(reconcileSteps(ancestor, observations, remote, isSyncable));
    const here = dropUnrepresentableNames(whole, observations, this.nameRules, this.#standingBeside());
    const there = dropBlockedByServer(here.plan.remoteChanges, this.#stayingOnServer(remote, isSyncable));
    if (against === 'known') {
      this.#unrepresentable = here.dropped;
      this.#showPlanProblems(new Map([...there.problems, ...here.problems]));
    }
    return { ...here.plan, remoteChanges: there.changes };
  }

  /** The newest revision that the server was heard to have. */
  get knownRevision(): number {
    return this.remoteChanges?.revision ?? this.state.revision;
  }

  /** Whether the server's `path` has no place on this disk, as the last plan against what is known found it. */
  cannotStore(path: string): boolean {
    return this.#unrepresentable.has(path);
  }

  /** The folders of all that stands and is tracked. */
  get folders(): PathFolders {
    this.#folders ??= new PathFolders(this.state.observations.keys());
    return this.#folders;
  }

  /** Something else than a look has changed what is observed. */
  forgetFolders(): void {
    this.#folders = undefined;
  }

  /** Another window has stored something. */
  reload(): void {
    this.#scanner.reset(this.state.observations.values());
    this.remoteChanges = undefined;
    this.forgetFolders();
  }

  /** How all paths stand after a scan, from how they stood before it: by a look at what changed where that is enough. */
  async pathStatesAfter(known: PathStates, { changes, isComplete: isAll }: ScanEffect): Promise<PathStates> {
    const isNewName = changes.some(({ before, after }) => (before === undefined) !== (after === undefined));
    // Names that may have no place, or find one, concern others.
    const concernsNames = isNewName && (this.#planProblems.size > 0 || !isPlain(this.nameRules));
    if (!isAll || concernsNames) return this.pathStates();
    const { ancestor, unappliedRemote } = this.state;
    const incoming = this.remoteChanges?.changes;
    const remote = (path: string): Entry | undefined => {
      const side = incoming?.has(path) === true ? incoming.get(path) : unappliedRemote.get(path);
      return side === undefined ? ancestor.get(path) : (side ?? undefined);
    };
    const beside = [...unappliedRemote.keys(), ...(incoming?.keys() ?? [])];
    const isAbove = changes.some(
      ({ path, before }) => before === undefined && beside.some((one) => isInside(one, path)),
    );
    if (isAbove) return this.pathStates();
    const sides = { ancestor: (path: string) => ancestor.get(path), remote, isSyncable: this.syncableTest() };
    return statesAfter(known, changes, sides) ?? (await this.pathStates());
  }

  /** How all paths stand; what was told before, where nothing has changed since. */
  async pathStates(): Promise<PathStates> {
    const { ancestor, unappliedRemote, observations, rules } = this.state;
    const { rules: _, ...settings } = this.scope;
    const basis = [
      ancestor.version,
      unappliedRemote.version,
      observations.version,
      rules.version,
      this.#problemsVersion,
    ];
    const key = JSON.stringify([...basis, settings, this.nameRules]);
    if (this.#lastStates?.key !== key || this.#lastStates.incoming !== this.remoteChanges) {
      this.#lastStates = { key, incoming: this.remoteChanges, paths: await this.#lookAtPaths() };
    }
    return this.#lastStates.paths;
  }

  async #lookAtPaths(): Promise<PathStates> {
    const plan = await this.reconcile('known');
    const decidable = await this.#conflictsPulled(plan);
    const { size } = this.state.observations;
    return runYielding(pathStateSteps(plan, this.problems, size, (path) => !decidable.has(path)));
  }

  /** Those of the conflicts that do not only come of what is new on the server: a pull could not make one of them. */
  async #conflictsPulled({ conflicts }: Reconciliation): Promise<ReadonlySet<string>> {
    if (conflicts.length === 0) return new Set();
    const isNews = this.remoteChanges !== undefined && this.remoteChanges.changes.size > 0;
    const pulled = isNews ? (await this.reconcile('lastSynced')).conflicts : conflicts;
    return new Set(pulled.map(({ path }) => path));
  }

  /** Whether the server was heard to have deleted `path`, and a pull is to follow. */
  isDeletedOnServer(path: string): boolean {
    const incoming = this.remoteChanges?.changes.get(path);
    return (incoming === undefined ? this.state.unappliedRemote.get(path) : incoming) === null;
  }

  /**
   * Both sides now hold `entry` at `path` (undefined: neither has it).
   * Invariant: the ancestor only ever follows what was seen on both sides.
   */
  markSynced(path: string, entry: Entry | undefined): void {
    if (entry === undefined) this.state.ancestor.delete(path);
    else this.state.ancestor.set(path, entry);
    this.state.unappliedRemote.delete(path);
  }

  /** Agrees on the other side of each change. */
  async markAllSynced(changes: readonly Change[]): Promise<void> {
    await runYielding(this.markSyncedSteps(changes));
  }

  /** The same in steps of some milliseconds. */
  *markSyncedSteps(changes: readonly Change[]): CooperativeTask<void> {
    for (const [number, { path, to }] of changes.entries()) {
      if (number % stepSize === 0) yield;
      this.markSynced(path, to);
    }
  }

  /** Asks the server what it has beyond our revision. Throws revision_not_found when it does not know that one. */
  async fetchRemoteChanges(
    { client, tree }: Pick<ServerBinding, 'client' | 'tree'>,
    signal: AbortSignal,
  ): Promise<FetchedChanges> {
    const { files, ...head } = await client.files(tree, this.state.revision, this.state.revisionId, signal);
    const news = { ...head, changes: await runYielding(remoteChangesSteps(files)) };
    this.remoteChanges = news;
    return news;
  }

  /**
   * Forgets what was agreed on: the server is another one, or was restored from a backup. With no ancestor
   * nothing can be taken for deleted or unchanged: what is equal converges, what differs is a conflict.
   */
  forgetAncestor(): void {
    this.state.ancestor.clear();
    this.state.unappliedRemote.clear();
    this.state.revision = 0;
    this.state.revisionId = undefined;
    this.remoteChanges = undefined;
  }

  /** Settles a push whose answer was lost, from what the server was heard to have since. */
  reconcileLostCommit(): void {
    for (const { path, to } of this.pendingCommit) {
      const side = this.remoteChanges?.changes.get(path);
      if (side !== undefined && sameEntry(side ?? undefined, to)) this.markSynced(path, to);
    }
  }

  /**
   * Agrees on all that is new on the server and stands here already; true when that is all that is new, so that
   * its revision is ours now. An edit that follows is then an edit, and no conflict.
   */
  async absorbConverged(): Promise<boolean> {
    const { remoteChanges } = this;
    if (remoteChanges === undefined) return false;
    this.reconcileLostCommit();
    // What was held back may stand here by now.
    if (remoteChanges.changes.size === 0 && this.state.unappliedRemote.size === 0) {
      await this.moveAncestorTo(remoteChanges, remoteChanges.changes, new Set());
      return true;
    }
    const { ancestorChanges, localChanges, conflicts } = await this.reconcile('known');
    await this.markAllSynced(ancestorChanges);
    const isNews = ({ path }: { path: string }): boolean => remoteChanges.changes.has(path);
    if (localChanges.some(isNews) || conflicts.some(isNews)) return false;
    await this.moveAncestorTo(remoteChanges, remoteChanges.changes, new Set(ancestorChanges.map(({ path }) => path)));
    return true;
  }

  /** Moves on to a revision of the server; what of `incoming` was not agreed on is kept as held back. */
  async moveAncestorTo(
    to: RevisionRef,
    incoming: ReadonlyMap<string, RemoteEntry>,
    agreed: ReadonlySet<string>,
  ): Promise<void> {
    await runYielding(this.moveAncestorSteps(to, incoming, agreed));
  }

  /** The same in steps of some milliseconds; until the end, the revision is the one that was. */
  *moveAncestorSteps(
    { revision, id }: RevisionRef,
    incoming: ReadonlyMap<string, RemoteEntry>,
    agreed: ReadonlySet<string>,
  ): CooperativeTask<void> {
    let looked = 0;
    for (const [path, side] of incoming) {
      if (++looked % stepSize === 0) yield;
      if (agreed.has(path)) continue;
      const isInStep = sameEntry(this.state.ancestor.get(path), side ?? undefined);
      if (isInStep) this.state.unappliedRemote.delete(path);
      else this.state.unappliedRemote.set(path, side);
    }
    this.state.revision = revision;
    this.state.revisionId = id;
    this.remoteChanges = undefined;
    this.pendingCommit = [];
  }

  /**
   * Tells which paths take part. What no rule speaks of does: it is on the server alone, and a pull brings it.
   * Invariant: what cannot be read must not look deleted, so a problem holds back its path and what is below.
   */
  syncableTest(): (path: string) => boolean {
    const selection = this.selection();
    return (path) => {
      if (this.#isHeldByProblem(path)) return false;
      return selection.includes(path) || (selection.ruleFor(path) === undefined && !selection.excludes(path));
    };
  }

  /**
   * What is left out is no longer agreed on: it is held back as what the server has.
   * Invariant: when it is taken in again it is brought, compared or in conflict, and never looks deleted.
   */
  *#parkUntrackedSteps(): CooperativeTask<void> {
    const { ancestor, unappliedRemote, observations } = this.state;
    const selection = this.selection();
    let looked = 0;
    for (const [path, entry] of ancestor) {
      if (++looked % stepSize === 0) yield;
      // What is observed takes part: nearly all.
      if (observations.has(path) || selection.includes(path)) continue;
      if (!unappliedRemote.has(path)) unappliedRemote.set(path, entry);
      ancestor.delete(path);
    }
  }

  /** What the server was heard to have at `path`. */
  kindOnServer(path: string): Rule['kind'] | undefined {
    const known = remoteTable(this.state.ancestor, this.state.unappliedRemote);
    const onServer = this.remoteChanges === undefined ? known : overlay(known, this.remoteChanges.changes);
    if (onServer.has(path)) return 'file';
    for (const other of onServer.keys()) if (isInside(other, path)) return 'folder';
    return undefined;
  }

  #isHeldByProblem(path: string): boolean {
    if (this.problems.size === 0) return false;
    if (this.#isScanProblem(path)) return true;
    for (const folder of parentFolders(path)) if (this.#isScanProblem(folder)) return true;
    return false;
  }

  #isScanProblem(path: string): boolean {
    const problem = this.problems.get(path);
    return problem !== undefined && problem !== this.#planProblems.get(path);
  }

  /** What may stand here and is not observed: its name is taken all the same, and its folders keep their spelling. */
  *#standingBeside(): Generator<string> {
    for (const path of this.problems.keys()) if (this.#isScanProblem(path)) yield path;
    for (const { path, effect } of this.state.rules.values()) if (effect === 'untrack') yield path;
  }

  /** What a push from here leaves on the server, whatever stands in its place here. */
  *#stayingOnServer(remote: FileTable, isSyncable: (path: string) => boolean): Generator<string> {
    const { observations } = this.state;
    for (const path of remote.keys()) if (!observations.has(path) && !isSyncable(path)) yield path;
  }

  #showPlanProblems(found: ReadonlyMap<string, Problem>): void {
    for (const [path, problem] of this.#planProblems) {
      if (this.problems.get(path) === problem) this.problems.delete(path);
    }
    for (const [path, problem] of found) if (!this.problems.has(path)) this.problems.set(path, problem);
    this.#planProblems = found;
  }

  #forgetProblemsBelow(path: string): void {
    for (const known of this.problems.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.problems.delete(known);
    }
  }
}

import type { Change } from '../engine/change';
import { sameEntry, type Entry, type FileTable } from '../engine/entry';
import { foldersAbove, liesIn } from '../engine/folders';
import { withStandingNames, type NameRules, type StandingPlan } from '../engine/names';
import type { Observation, Problem } from '../engine/observation';
import { pathStates, type PathStates } from '../engine/pathState';
import { reconcile, type Reconciliation } from '../engine/reconcile';
import { leave, ruleFor, track, type Rule } from '../engine/rule';
import { Selection } from '../engine/selection';
import { incomingChanges, overlay, remoteTable, type ServerSide } from '../engine/wire';
import { PalmtreeError } from '../errors';
import type * as wire from '../../../server/src/contract/schemas';
import type { Remote } from './remote';
import { nameRulesOf } from '../io/nameRules';
import { identityOfFolder } from '../io/rootFolder';
import type { ScanRequest, Scanner, ScanScope, Store, StoredState } from '../io/ports';

export interface ScanSettings extends Omit<ScanScope, 'rules'> {
  /** The share of the tracked files that a plan may take away unasked, of 1. */
  readonly brakeShare?: number;
}

/** A revision, and what tells it from another of the same number. */
export interface Agreed {
  readonly revision: number;
  readonly id: string;
}

/** What the server has beyond the stored revision, as far as it was asked. */
export interface Incoming extends Agreed {
  readonly changes: ReadonlyMap<string, ServerSide>;
}

/**
 * One workspace folder's three tables: what both sides agreed on, what stands on disk, what the server has.
 * Invariant: a path that does not take part (left, excluded) is in none of the tables that are reconciled, so
 * that it can neither be deleted nor overwritten on either side.
 */
export class Replica {
  readonly root: string;
  /** What cannot be synced: as the last scans met it, and what names the last plan found no place for here. */
  readonly problems = new Map<string, Problem>();
  incoming: Incoming | undefined;
  /** What a push sent whose answer was lost: where the server has it now, it was agreed on. */
  unanswered: readonly Change[] = [];
  /** As the scans met them: what they leave out takes no part either. */
  readonly #gitignores = new Map<string, string>();
  readonly #store: Store;
  readonly #scanner: Scanner;
  readonly #settings: () => ScanSettings;
  readonly #nameRules: () => NameRules;
  /** Those of `problems` that the names are; they hold back what would be put there, and nothing that stands. */
  #nameProblems: ReadonlyMap<string, Problem> = new Map();
  #placeless: ReadonlySet<string> = new Set();
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
  get brakeShare(): number | undefined {
    const { brakeShare = Number.NaN } = this.#settings();
    return brakeShare >= 0 && brakeShare <= 1 ? brakeShare : undefined;
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
  takeIn(path: string): void {
    if (!this.selection().includes(path)) this.track(path, 'file');
  }

  /**
   * Takes `path`, and all that is in it, out on this machine.
   * Invariant: what the server has there keeps a rule of its own, or the next pull would take it in again.
   */
  leave(path: string): void {
    const { rules } = this.state;
    const wasFolder = rules.get(path)?.kind === 'folder';
    leave(rules, path, 'folder');
    if (ruleFor(rules, path) === undefined && (wasFolder || this.kindOnServer(path) !== undefined)) {
      rules.set(path, { path, kind: 'folder', effect: 'leave' });
    }
    this.#parkWhatIsOut();
  }

  /** Brings the observations up to date with the disk: all of it, or `only` some paths. */
  async scan(request: Omit<ScanRequest, 'scope'>): Promise<void> {
    const root = identityOfFolder(this.root);
    const result = await this.#scanner.scan({ ...request, scope: this.scope });
    this.#rootSeen = root;
    this.learn(result.seen, result.gone, false);
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
    for (const problem of result.problems) this.problems.set(problem.path, problem);
    if (request.only === undefined) this.#parkWhatIsOut();
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

  /** Takes in what was just seen on disk; `tellScanner` when it was not the scanner that saw it. */
  learn(seen: readonly Observation[], gone: readonly string[], tellScanner = true): void {
    const { observations } = this.state;
    for (const path of gone) observations.delete(path);
    for (const observation of seen) observations.set(observation.path, observation);
    if (tellScanner) this.#scanner.learn(seen, gone);
  }

  /**
   * `agreed`: against the stored revision; `known`: against all that the server was heard to have, which also tells
   * anew which names of it are problems.
   * Invariant: what cannot stand here under its name is not put, and nothing that stands is held back for it.
   */
  reconcile(against: 'agreed' | 'known'): Reconciliation {
    const { ancestor, heldBack, observations } = this.state;
    const agreed = remoteTable(ancestor, heldBack);
    const remote = against === 'known' && this.incoming ? overlay(agreed, this.incoming.changes) : agreed;
    const takesPart = this.participation();
    const local = filtered(observations, takesPart);
    const whole = reconcile(filtered(ancestor, takesPart), local, filtered(remote, takesPart));
    const standing = withStandingNames(whole, local, this.nameRules, this.#standingBeside(takesPart));
    if (against === 'known') this.#showNameProblems(standing);
    return standing.plan;
  }

  /** Whether the server's `path` has no place on this disk, as the last plan against what is known found it. */
  hasNoPlace(path: string): boolean {
    return this.#placeless.has(path);
  }

  pathStates(): PathStates {
    return pathStates(this.reconcile('known'), this.problems, this.state.observations.size);
  }

  /**
   * Both sides now hold `entry` at `path` (undefined: neither has it).
   * Invariant: the ancestor only ever follows what was seen on both sides.
   */
  agree(path: string, entry: Entry | undefined): void {
    if (entry === undefined) this.state.ancestor.delete(path);
    else this.state.ancestor.set(path, plainEntry(entry));
    this.state.heldBack.delete(path);
  }

  /** Asks the server what it has beyond our revision. Throws revision_not_found when it does not know that one. */
  async fetchIncoming({ client, tree }: Pick<Remote, 'client' | 'tree'>, signal: AbortSignal): Promise<wire.FileTable> {
    const { revision, revisionId } = this.state;
    const table = await client.files(tree, revision, revisionId, signal);
    this.incoming = { revision: table.revision, id: table.id, changes: incomingChanges(table) };
    return table;
  }

  /**
   * Forgets what was agreed on: the server is another one, or was restored from a backup. With no ancestor
   * nothing can be taken for deleted or unchanged: what is equal converges, what differs is a conflict.
   */
  forgetAgreed(): void {
    this.state.ancestor.clear();
    this.state.heldBack.clear();
    this.state.revision = 0;
    this.state.revisionId = undefined;
    this.incoming = undefined;
  }

  /** Settles a push whose answer was lost, from what the server was heard to have since. */
  recallUnanswered(): void {
    for (const { path, to } of this.unanswered) {
      const side = this.incoming?.changes.get(path);
      if (side !== undefined && sameEntry(side ?? undefined, to)) this.agree(path, to);
    }
  }

  /**
   * Agrees on all that is new on the server and stands here already; true when that is all that is new, so that
   * its revision is ours now. An edit that follows is then an edit, and no conflict.
   */
  followIncoming(): boolean {
    const { incoming } = this;
    if (incoming === undefined) return false;
    this.recallUnanswered();
    const { ancestorChanges, localChanges, conflicts } = this.reconcile('known');
    for (const { path, to } of ancestorChanges) this.agree(path, to);
    const isNews = ({ path }: { path: string }): boolean => incoming.changes.has(path);
    if (localChanges.some(isNews) || conflicts.some(isNews)) return false;
    this.advance(incoming, incoming.changes, new Set(ancestorChanges.map(({ path }) => path)));
    return true;
  }

  /** Moves on to a revision of the server; what of `incoming` was not agreed on is kept as held back. */
  advance({ revision, id }: Agreed, incoming: ReadonlyMap<string, ServerSide>, agreed: ReadonlySet<string>): void {
    for (const [path, side] of incoming) {
      if (agreed.has(path)) continue;
      const isInStep = sameEntry(this.state.ancestor.get(path), side ?? undefined);
      if (isInStep) this.state.heldBack.delete(path);
      else this.state.heldBack.set(path, side);
    }
    this.state.revision = revision;
    this.state.revisionId = id;
    this.incoming = undefined;
    this.unanswered = [];
  }

  /**
   * Tells which paths take part. What no rule speaks of does: it is on the server alone, and a pull brings it.
   * Invariant: what cannot be read must not look deleted, so a problem holds back its path and what is below.
   */
  participation(): (path: string) => boolean {
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
  #parkWhatIsOut(): void {
    const { ancestor, heldBack } = this.state;
    const selection = this.selection();
    for (const [path, entry] of ancestor) {
      if (selection.includes(path)) continue;
      if (!heldBack.has(path)) heldBack.set(path, entry);
      ancestor.delete(path);
    }
  }

  /** What the server was heard to have at `path`. */
  kindOnServer(path: string): Rule['kind'] | undefined {
    const known = remoteTable(this.state.ancestor, this.state.heldBack);
    const onServer = this.incoming === undefined ? known : overlay(known, this.incoming.changes);
    if (onServer.has(path)) return 'file';
    for (const other of onServer.keys()) if (liesIn(other, path)) return 'folder';
    return undefined;
  }

  #isHeldByProblem(path: string): boolean {
    if (this.problems.size === 0) return false;
    if (this.#isScanProblem(path)) return true;
    for (const folder of foldersAbove(path)) if (this.#isScanProblem(folder)) return true;
    return false;
  }

  #isScanProblem(path: string): boolean {
    const problem = this.problems.get(path);
    return problem !== undefined && problem !== this.#nameProblems.get(path);
  }

  /** What may stand here and is in no table: its name is taken all the same, and its folders keep their spelling. */
  *#standingBeside(takesPart: (path: string) => boolean): Generator<string> {
    const { observations, rules } = this.state;
    for (const path of observations.keys()) if (!takesPart(path)) yield path;
    for (const path of this.problems.keys()) if (this.#isScanProblem(path)) yield path;
    for (const { path, effect } of rules.values()) if (effect === 'leave') yield path;
  }

  #showNameProblems({ problems, held }: StandingPlan): void {
    for (const [path, problem] of this.#nameProblems) {
      if (this.problems.get(path) === problem) this.problems.delete(path);
    }
    for (const [path, problem] of problems) if (!this.problems.has(path)) this.problems.set(path, problem);
    this.#nameProblems = problems;
    this.#placeless = held;
  }

  #forgetProblemsBelow(path: string): void {
    for (const known of this.problems.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.problems.delete(known);
    }
  }
}

function filtered<T extends Entry>(table: ReadonlyMap<string, T>, keeps: (path: string) => boolean): FileTable {
  const kept = new Map<string, Entry>();
  for (const [path, entry] of table) if (keeps(path)) kept.set(path, entry);
  return kept;
}

/** An observation without what only concerns this disk. */
function plainEntry({ path, kind, size, mtimeNs, mode, hash, target }: Entry): Entry {
  return { path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }) };
}

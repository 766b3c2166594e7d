import { isAbsolute } from 'node:path';
import { pathFault } from '../../../../server/src/contract/paths';
import type { FileIdentity } from '../../core/tracking/fileIdentity';
import {
  lapsedRules,
  moveRulesIn,
  moveRulesOut,
  type MovedRules,
  type RuleRename,
} from '../../core/tracking/moveRules';
import { restoreRules, ruleFor, rulesIn, track, untrack, type Rule, type Rules } from '../../core/tracking/rule';
import { Selection } from '../../core/tracking/selection';
import type { SharedExclude } from '../../core/tracking/sharedRules';
import { isSharedFile } from '../../core/sharedFiles';
import type { StoredMap } from '../../io/entries/storedMap';
import type { ScanScope } from '../../io/scan/scannerPort';

export type ExcludeSettings = Omit<ScanScope, 'rules' | 'shared'>;

export interface TrackingRulesDeps {
  readonly rules: StoredMap<Rule>;
  readonly settings: () => ExcludeSettings;
  /** The contents of the `.gitignore` files that the scans found, by folder. */
  readonly gitignores: ReadonlyMap<string, string>;
  /** The patterns that travel with the tree, as the last scan has read them. */
  readonly shared: () => SharedExclude | undefined;
  /** The folders that the scans recognized as Palmtree's own storage. */
  readonly ownFolders: ReadonlySet<string>;
}

/** Decides which paths are tracked. The only writer of the stored rules. */
export class TrackingRules {
  readonly #rules: StoredMap<Rule>;
  readonly #settings: () => ExcludeSettings;
  readonly #gitignores: ReadonlyMap<string, string>;
  readonly #shared: () => SharedExclude | undefined;
  readonly #ownFolders: ReadonlySet<string>;

  constructor({ rules, settings, gitignores, shared, ownFolders }: TrackingRulesDeps) {
    this.#rules = rules;
    this.#settings = settings;
    this.#gitignores = gitignores;
    this.#shared = shared;
    this.#ownFolders = ownFolders;
  }

  get all(): Rules {
    return this.#rules;
  }

  /** Increases with each change of a rule; settings and `.gitignore` files are not counted. */
  get version(): number {
    return this.#rules.version;
  }

  get settings(): ExcludeSettings {
    const { exclude, respectGitignore } = this.#settings();
    return { exclude, respectGitignore };
  }

  get scope(): ScanScope {
    const shared = this.#shared();
    const scope = { ...this.settings, rules: [...this.#rules.values()] };
    return shared === undefined ? scope : { ...scope, shared: { ignore: shared.ignore, exclude: shared.exclude } };
  }

  get isTracking(): boolean {
    return [...this.#rules.values()].some(({ effect }) => effect === 'track');
  }

  /** The folders with a rule that tracks them, without those that were renamed. */
  get trackedFolders(): string[] {
    return this.#pathsOf(
      ({ kind, effect, renamedTo }) => kind === 'folder' && effect === 'track' && renamedTo === undefined,
    );
  }

  /** The tracked folders whose paths a tree can have. Every other one is reported as a problem. */
  get pushableFolders(): string[] {
    return this.trackedFolders.filter((path) => path === '' || pathFault(path) === undefined);
  }

  /** The folders with a rule that untracks them, whose paths a tree can have. */
  get untrackedFolders(): string[] {
    const untracked = this.#pathsOf(({ kind, effect }) => kind === 'folder' && effect === 'untrack');
    return untracked.filter((path) => path === '' || pathFault(path) === undefined);
  }

  /** The files and folders that a rule untracks. */
  get untrackedPaths(): string[] {
    return this.#pathsOf(({ effect }) => effect === 'untrack');
  }

  /** A snapshot: later changes of the rules do not show in it. `more`: rules that it has in addition. */
  selection(more: readonly Rule[] = []): Selection {
    const { rules, ...scope } = this.scope;
    return new Selection({
      ...scope,
      rules: [...rules, ...more],
      gitignores: this.#gitignores,
      ownFolders: this.#ownFolders,
    });
  }

  /** Tracks `path`, and removes the rules that this makes redundant. */
  track(path: string, kind: Rule['kind']): void {
    const selection = this.selection();
    track(this.#rules, path, kind, (other) => selection.excludes(other));
  }

  /** Tracks a file that a command has just written, unless a rule includes it already. */
  ensureTracked(path: string): void {
    if (!this.selection().includes(path)) this.track(path, 'file');
  }

  /** Tracks `path` by a rule of its own, even if the rule of a folder includes it. */
  addRule(path: string, kind: Rule['kind']): void {
    this.#rules.set(path, { path, kind, effect: 'track' });
  }

  /**
   * Stops tracking `path` and everything in it.
   * Invariant: a path that the server has, and a file of the shared rules, keeps a rule of its own, or it would be tracked
   * again.
   */
  untrack(path: string, isOnServer: (path: string) => boolean): void {
    const wasFolder = this.#rules.get(path)?.kind === 'folder';
    untrack(this.#rules, path, 'folder');
    const isComing = wasFolder || isSharedFile(path) || isOnServer(path);
    if (ruleFor(this.#rules, path) === undefined && isComing) {
      this.#rules.set(path, { path, kind: 'folder', effect: 'untrack' });
    }
  }

  /** The rules of `paths` and of the paths in them. */
  rulesIn(paths: readonly string[]): Rule[] {
    return rulesIn(this.#rules, paths);
  }

  /** Replaces the rules of `paths`, and of the paths in them, by `former`. */
  restoreRules(paths: readonly string[], former: readonly Rule[]): void {
    restoreRules(this.#rules, paths, former);
  }

  /**
   * Removes the rules that were added since `before` was copied, except those that have followed a rename. Returns false
   * if there are none.
   */
  removeAddedSince(before: Rules): boolean {
    const added = [...this.#rules.keys()].filter((path) => !before.has(path));
    if (added.length === 0) return false;
    const followed = new Set([...this.#rules.values()].map(({ renamedTo }) => renamedTo));
    for (const path of added) if (!followed.has(path)) this.#rules.delete(path);
    return true;
  }

  /**
   * Removes the rules that were added since `before` was copied and whose paths are excluded now: a pull has adopted them
   * before it brought the patterns, so the user has not tracked the paths by name. Returns false if there are none.
   */
  removeExcludedSince(before: Rules): boolean {
    const selection = this.selection();
    const followed = new Set([...this.#rules.values()].map(({ renamedTo }) => renamedTo));
    const isAdopted = (path: string): boolean => !before.has(path) && !followed.has(path);
    const excluded = [...this.#rules.keys()].filter((path) => isAdopted(path) && selection.excludes(path));
    for (const path of excluded) this.#rules.delete(path);
    return excluded.length > 0;
  }

  /** Whether `path` is tracked, or something in it has rules of its own. */
  concern(path: string): boolean {
    return this.#hasOwnRules(path) || this.#isTracked(path);
  }

  /** Whether the rules have to follow a rename inside the folder. */
  areAffectedBy({ from, to }: Pick<RuleRename, 'from' | 'to'>): boolean {
    return this.#hasOwnRules(from) || (this.#isTracked(from) && ruleFor(this.#rules, to)?.effect !== 'track');
  }

  /**
   * The present path of what was at `path`; undefined if the rule of `path` has followed no rename, or if its file or folder
   * moved to another workspace folder.
   */
  presentPath(path: string): string | undefined {
    const to = this.#rules.get(path)?.renamedTo;
    return to === undefined || isAbsolute(to) ? undefined : to;
  }

  /** Lets the rules follow a rename inside the folder. */
  follow(rename: RuleRename): void {
    this.moveIn(rename.to, this.moveOut(rename));
  }

  /** Marks the rules of a renamed path, and returns them for `moveIn`, which adds them at `rename.to`. */
  moveOut(rename: RuleRename): MovedRules {
    return moveRulesOut(this.#rules, rename, this.#isTracked(rename.from));
  }

  /** Adds the rules of a file or folder that has moved to `path`. */
  moveIn(path: string, moved: MovedRules): void {
    const selection = this.selection();
    moveRulesIn(this.#rules, path, moved, (other) => selection.excludes(other));
  }

  /** Removes the rules of renamed paths that neither side has any more. */
  removeLapsed(hasPath: (path: string) => boolean): void {
    for (const { path } of lapsedRules(this.#rules.values(), hasPath)) this.#rules.delete(path);
  }

  /** Remembers the identity of what is at the path of a rule; undefined if that cannot be found any more. */
  setIdentity({ path, kind, effect, renamedTo }: Rule, identity: FileIdentity | undefined): void {
    this.#rules.set(path, {
      path,
      kind,
      effect,
      ...(identity === undefined ? {} : { identity }),
      ...(renamedTo === undefined ? {} : { renamedTo }),
    });
  }

  #hasOwnRules(path: string): boolean {
    return this.rulesIn([path]).some(({ renamedTo }) => renamedTo === undefined);
  }

  /** Whether `path`, a file or a folder, is tracked and not excluded. */
  #isTracked(path: string): boolean {
    const selection = this.selection();
    const rule = selection.ruleFor(path);
    return rule?.effect === 'track' && (rule.path === path || !selection.excludes(path));
  }

  #pathsOf(matches: (rule: Rule) => boolean): string[] {
    return [...this.#rules.values()].filter(matches).map(({ path }) => path);
  }
}

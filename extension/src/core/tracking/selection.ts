import { Exclusion } from './exclusion';
import { firstSegments, isAtOrInside, parentFolders, parentOf, relativeTo } from '../paths';
import { folderRuleFor, type Rule, type Rules } from './rule';
import { isSharedFile, sharedFiles, type SharedFile } from '../sharedFiles';
import { isTemporary } from '../temporaryName';
import type { SharedExclude, SharedlyExcluded } from './sharedRules';
import { isInOwnStorage } from './ownStorage';

/** The rules and patterns that decide which paths are tracked. */
export interface SelectionScope {
  readonly rules: Iterable<Rule>;
  /** gitignore-style patterns, relative to the workspace folder. */
  readonly exclude: readonly string[];
  /** The contents of `.gitignore` files, by their folder; `''` is the workspace folder. */
  readonly gitignores?: Iterable<readonly [folder: string, content: string]>;
  /** The patterns that travel with the tree. */
  readonly shared?: SharedExclude | undefined;
  /** Folders that are Palmtree's own storage under other names. */
  readonly ownFolders?: Iterable<string>;
}

/** The reason why a folder that is tracked as a whole leaves out a path. */
export type ExcludedBy =
  | { readonly kind: 'own' }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'shared'; readonly file: SharedFile }
  | { readonly kind: 'gitignore' };

/**
 * Decides which paths are tracked and not excluded. The nearest rule decides; the patterns exclude paths in a tracked
 * folder. A path with a rule of its own is included even if a pattern excludes it. If such a path is a folder, the
 * patterns are matched relative to it for the paths in it, if they exclude the folder. The files of the shared rules are
 * tracked, whatever the patterns say, as long as anything is, unless a rule of their own untracks them.
 * Invariant: no pattern of the shared rules includes a path.
 * Invariant: no rule includes Palmtree's own storage or its temporary files.
 */
export class Selection {
  readonly rules: Rules;
  readonly #exclusion: Exclusion;
  readonly #patterns: readonly string[];
  readonly #hasShared: boolean;
  /** Each pattern alone. */
  #single: readonly { readonly pattern: string; readonly exclusion: Exclusion }[] | undefined;
  /** The workspace folder and all folders above a rule that tracks. A scan enters them even if nothing tracks them. */
  readonly #foldersAbove = new Set<string>(['']);
  readonly #ownFolders: Set<string>;
  /** The most segments that the path of a rule has: no folder below them has a rule. */
  readonly #depth: number;
  /** The last folder whose rule was looked up: the next path is usually in the same one. */
  #folder: string | undefined;
  #folderRule: Rule | undefined;

  constructor(scope: SelectionScope) {
    this.rules = withSharedFiles(scope.rules);
    this.#patterns = scope.exclude;
    this.#hasShared = scope.shared !== undefined;
    this.#exclusion = new Exclusion(scope.exclude, scope.gitignores ?? [], scope.shared);
    this.#ownFolders = new Set(scope.ownFolders);
    let depth = 0;
    for (const path of this.rules.keys()) depth = Math.max(depth, path.split('/').length);
    this.#depth = depth;
    for (const { path, effect } of this.rules.values()) {
      if (effect === 'track') for (const folder of parentFolders(path)) this.#foldersAbove.add(folder);
    }
  }

  /** Adds a `.gitignore` that a scan found. Must be called before any query for its folder. */
  addGitignore(folder: string, content: string): void {
    this.#exclusion.addGitignore(folder, content);
  }

  /** Adds a folder that a scan recognized as Palmtree's own storage. */
  addOwnFolder(folder: string): void {
    this.#ownFolders.add(folder);
  }

  /** The rule that decides about `path`, without regard to patterns. */
  ruleFor(path: string): Rule | undefined {
    const own = this.rules.get(path);
    if (own !== undefined) return own;
    const folder = parentOf(path);
    if (folder === undefined) return undefined;
    if (folder !== this.#folder) {
      this.#folderRule = folderRuleFor(this.rules, firstSegments(folder, this.#depth));
      this.#folder = folder;
    }
    return this.#folderRule;
  }

  /** Whether `path`, as a file or symlink, is tracked and not excluded. */
  includes(path: string): boolean {
    const rule = this.ruleFor(path);
    if (rule?.effect !== 'track' || isTemporary(path) || this.#isOwn(path)) return false;
    return rule.path === path || !this.#exclusion.excludesFile(path, rule.path);
  }

  /** Whether paths below the folder `path` may be included. */
  mayTrackBelow(path: string): boolean {
    return (this.hasTrackedBelow(path) || this.#includesFolder(path)) && !this.#isOwn(path);
  }

  /** Whether a path below `path` has a rule that tracks it. Always true for the workspace folder. */
  hasTrackedBelow(path: string): boolean {
    return this.#foldersAbove.has(path);
  }

  /** Whether the patterns exclude `path`, so that tracking it needs a rule of its own. */
  excludes(path: string): boolean {
    if (this.#isOwn(path)) return true;
    if (path === '' || isSharedFile(path)) return false;
    return this.#exclusion.excludesFile(path, '') || this.#exclusion.excludesFolder(path, '');
  }

  /** Whether patterns exclude the file `path` that do not exclude `folder`, which contains it. */
  excludesBelow(path: string, folder: string): boolean {
    return this.#isOwn(path) || (!isSharedFile(path) && this.#exclusion.excludesBelow(path, folder));
  }

  /** Whether new files in the folder `path` are tracked, unless something excludes them. */
  tracksFolder(path: string): boolean {
    return this.#includesFolder(path) && !this.#isOwn(path);
  }

  /** Tells what excludes `path`, as a part of the folder above it; undefined if nothing does. */
  excludedBy(path: string, kind: 'file' | 'folder'): ExcludedBy | undefined {
    if (isTemporary(path) || this.#isOwn(path)) return { kind: 'own' };
    const rule = this.ruleFor(path);
    if (path === '' || rule?.path === path || isSharedFile(path)) return undefined;
    const anchor = rule?.effect === 'track' ? rule.path : '';
    const source = this.#exclusion.sourceOf(path, kind, anchor);
    if (source === undefined || source === 'gitignore') return source && { kind: source };
    if (source !== 'setting') return { kind: 'shared', file: source };
    const relative = relativeTo(path, this.#exclusion.baseOf(source, anchor));
    this.#single ??= this.#patterns.map((pattern) => ({ pattern, exclusion: new Exclusion([pattern], []) }));
    const found = this.#single.find(({ exclusion }) => exclusion.sourceOf(relative, kind, '') !== undefined);
    return { kind: 'pattern', pattern: found?.pattern ?? '' };
  }

  /** Those of the files `paths` that nothing but the shared rules excludes. */
  *sharedlyExcluded(paths: Iterable<string>): Generator<SharedlyExcluded> {
    if (!this.#hasShared) return;
    for (const path of paths) {
      if (this.ruleFor(path)?.effect === 'untrack' || !this.excludes(path)) continue;
      const by = this.excludedBy(path, 'file');
      if (by?.kind === 'shared') yield { path, by: by.file };
    }
  }

  #isOwn(path: string): boolean {
    if (isInOwnStorage(path)) return true;
    for (const folder of this.#ownFolders) if (isAtOrInside(path, folder)) return true;
    return false;
  }

  /** Whether new files in the folder `path` are included, unless a pattern matches them. */
  #includesFolder(path: string): boolean {
    const rule = this.ruleFor(path);
    if (rule?.effect !== 'track') return false;
    if (rule.path === path) return rule.kind === 'folder';
    return !this.#exclusion.excludesFolder(path, rule.path);
  }
}

/** The rules, and those that the files of the shared rules have as long as anything is tracked. */
function withSharedFiles(rules: Iterable<Rule>): Rules {
  const all = new Map<string, Rule>();
  let isTracking = false;
  for (const rule of rules) {
    all.set(rule.path, rule);
    isTracking ||= rule.effect === 'track';
  }
  if (!isTracking) return all;
  for (const path of sharedFiles) if (!all.has(path)) all.set(path, { path, kind: 'file', effect: 'track' });
  return all;
}

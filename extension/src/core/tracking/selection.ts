import { Exclusion } from './exclusion';
import { parentFolders } from '../paths';
import { ruleFor, type Rule, type Rules } from './rule';
import { isTemporary } from '../temporaryName';

/** What decides which paths are kept in step. */
export interface SelectionScope {
  readonly rules: Iterable<Rule>;
  /** gitignore-style patterns, counted from the workspace folder. */
  readonly exclude: readonly string[];
  /** The contents of `.gitignore` files, by the folder they stand in; `''` is the workspace folder. */
  readonly gitignores?: Iterable<readonly [folder: string, content: string]>;
}

/**
 * Which paths are kept in step. The nearest rule decides; of what a tracked folder takes in, the patterns
 * leave out what they match. What the user tracked by name is taken in whatever the patterns say. When that
 * is a folder that they match, they count from that folder for what is in it.
 */
export class Selection {
  readonly rules: Rules;
  private readonly exclusion: Exclusion;
  /** The folders above what is tracked: they are walked through even where nothing in them is taken in. */
  private readonly onTheWay = new Set<string>(['']);
  private readonly bases = new Map<string, string>();

  constructor(scope: SelectionScope) {
    this.rules = new Map([...scope.rules].map((rule) => [rule.path, rule]));
    this.exclusion = new Exclusion(scope.exclude, scope.gitignores ?? []);
    for (const { path, effect } of this.rules.values()) {
      if (effect === 'track') for (const folder of parentFolders(path)) this.onTheWay.add(folder);
    }
  }

  /** Takes in a `.gitignore` that was found, before anything in its folder is asked about. */
  addGitignore(folder: string, content: string): void {
    this.exclusion.addGitignore(folder, content);
    this.bases.clear();
  }

  /** The rule that decides on `path`, tracked or left; patterns are not looked at. */
  ruleFor(path: string): Rule | undefined {
    return ruleFor(this.rules, path);
  }

  /** Whether `path` is kept in step, when it is a file or a symlink. */
  includes(path: string): boolean {
    const rule = this.ruleFor(path);
    if (rule?.effect !== 'track' || isTemporary(path)) return false;
    return rule.path === path || !this.exclusion.excludesFile(path, this.baseOf(rule));
  }

  /** Whether anything below the folder `path` may be kept in step. */
  mayTrackBelow(path: string): boolean {
    return this.hasTrackedBelow(path) || this.includesFolder(path);
  }

  /** Whether something below `path` was tracked by name. */
  hasTrackedBelow(path: string): boolean {
    return this.onTheWay.has(path);
  }

  /** Whether what is created in the folder `path` is taken in, as far as no pattern leaves it out. */
  includesFolder(path: string): boolean {
    const rule = this.ruleFor(path);
    if (rule?.effect !== 'track') return false;
    if (rule.path === path) return rule.kind === 'folder';
    return !this.exclusion.excludesFolder(path, this.baseOf(rule));
  }

  /** Whether the patterns leave out `path`, when no rule names it. Decides if it needs a rule of its own. */
  excludes(path: string): boolean {
    if (path === '') return false;
    return this.exclusion.excludesFile(path, '') || this.exclusion.excludesFolder(path, '');
  }

  /** Where the patterns count from, for what `rule` takes in. */
  private baseOf(rule: Rule): string {
    let base = this.bases.get(rule.path);
    if (base === undefined) {
      base = this.exclusion.excludesFolder(rule.path, '') ? rule.path : '';
      this.bases.set(rule.path, base);
    }
    return base;
  }
}

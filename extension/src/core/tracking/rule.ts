import { isInside, parentOf } from '../paths';

/**
 * What the user picked. The rule of the nearest path decides: `track` takes a file, or a folder with all
 * that is in it now and later; `leave` takes it out again on this machine alone.
 */
export interface Rule {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly effect: 'track' | 'untrack';
}

/** Rules by path; `''` is the workspace folder. */
export type Rules = ReadonlyMap<string, Rule>;

/** The rule that decides on `path`: its own, or else that of the nearest folder above it that has one. */
export function ruleFor(rules: Rules, path: string): Rule | undefined {
  const own = rules.get(path);
  if (own !== undefined) return own;
  for (let folder = parentOf(path); folder !== undefined; folder = parentOf(folder)) {
    const rule = rules.get(folder);
    // A file's rule says nothing about what is below it, should a folder stand there now.
    if (rule?.kind === 'folder') return rule;
  }
  return undefined;
}

/**
 * Tracks `path`, and drops the rules that then say nothing of their own. Tracking a folder takes in again
 * what was left in it. A path that `isExcluded` keeps its own rule: its folder's rule would not take it in.
 */
export function track(
  rules: Map<string, Rule>,
  path: string,
  kind: Rule['kind'],
  isExcluded: (path: string) => boolean = () => false,
): void {
  for (const [other, rule] of rules) {
    const below = kind === 'folder' && isInside(other, path);
    if (below && (rule.effect === 'untrack' || !isExcluded(other))) rules.delete(other);
  }
  rules.delete(path);
  if (ruleFor(rules, path)?.effect !== 'track' || isExcluded(path)) {
    rules.set(path, { path, kind, effect: 'track' });
  }
}

/** The rules of `paths`, and of what is in them. */
export function rulesIn(rules: Rules, paths: readonly string[]): Rule[] {
  return [...rules.values()].filter((rule) => paths.some((path) => rule.path === path || isInside(rule.path, path)));
}

/** Puts `former` in the place of the rules of `paths`, and of what is in them. */
export function restoreRules(rules: Map<string, Rule>, paths: readonly string[], former: readonly Rule[]): void {
  for (const { path } of rulesIn(rules, paths)) rules.delete(path);
  for (const rule of former) rules.set(rule.path, rule);
}

/** Takes `path`, and all that is in it, out on this machine. */
export function untrack(rules: Map<string, Rule>, path: string, kind: Rule['kind'] = 'folder'): void {
  for (const other of rules.keys()) if (other === path || isInside(other, path)) rules.delete(other);
  if (ruleFor(rules, path)?.effect === 'track') rules.set(path, { path, kind, effect: 'untrack' });
}

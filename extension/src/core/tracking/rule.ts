import { isAtOrInside, isInside, parentOf } from '../paths';
import type { FileIdentity } from './fileIdentity';

/**
 * A choice of the user. For each path, the rule of the path itself or of the nearest folder above decides. `track` tracks
 * a file, or a folder with all its present and future files; `untrack` ends that, on this machine only.
 */
export interface Rule {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly effect: 'track' | 'untrack';
  /** The file or folder at the path when it was last seen there; absent if a scan never saw one. */
  readonly identity?: FileIdentity;
  /** The new path of what was at the path. The rule lapses once neither side has anything at its path. */
  readonly renamedTo?: string;
}

/** Rules by path; `''` is the workspace folder. */
export type Rules = ReadonlyMap<string, Rule>;

/** The rule that decides about `path`: its own, or that of the nearest folder above. */
export function ruleFor(rules: Rules, path: string): Rule | undefined {
  return rules.get(path) ?? folderRuleFor(rules, parentOf(path));
}

/** The rule of `folder`, or of the nearest folder above, that decides about the paths in `folder`. */
export function folderRuleFor(rules: Rules, folder: string | undefined): Rule | undefined {
  for (let above = folder; above !== undefined; above = parentOf(above)) {
    const rule = rules.get(above);
    // A file's rule does not concern paths below it, even if a folder has replaced the file.
    if (rule?.kind === 'folder') return rule;
  }
  return undefined;
}

/**
 * Tracks `path` and removes rules that become redundant. Tracking a folder also tracks the untracked paths in it. A path
 * that `isExcluded` keeps its own rule, since its folder's rule would not track it.
 */
export function track(
  rules: Map<string, Rule>,
  path: string,
  kind: Rule['kind'],
  isExcluded: (path: string) => boolean = () => false,
): void {
  for (const [other, rule] of rules) {
    const isBelow = kind === 'folder' && isInside(other, path);
    if (isBelow && (rule.effect === 'untrack' || !isExcluded(other))) rules.delete(other);
  }
  rules.delete(path);
  if (ruleFor(rules, path)?.effect !== 'track' || isExcluded(path)) {
    rules.set(path, { path, kind, effect: 'track' });
  }
}

/** Untracks `path` and all paths in it, on this machine. */
export function untrack(rules: Map<string, Rule>, path: string, kind: Rule['kind'] = 'folder'): void {
  for (const other of rules.keys()) if (isAtOrInside(other, path)) rules.delete(other);
  if (ruleFor(rules, path)?.effect === 'track') rules.set(path, { path, kind, effect: 'untrack' });
}

/** The rules of `paths` and of all paths in them. */
export function rulesIn(rules: Rules, paths: readonly string[]): Rule[] {
  return [...rules.values()].filter((rule) => paths.some((path) => isAtOrInside(rule.path, path)));
}

/** Replaces the rules of `paths`, and of all paths in them, with `former`, which `rulesIn` returned. */
export function restoreRules(rules: Map<string, Rule>, paths: readonly string[], former: readonly Rule[]): void {
  for (const { path } of rulesIn(rules, paths)) rules.delete(path);
  for (const rule of former) rules.set(rule.path, rule);
}

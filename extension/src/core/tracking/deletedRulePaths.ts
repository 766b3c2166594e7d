import { isInside, parentOf } from '../paths';
import { ruleFor, type Rules } from './rule';

/**
 * The paths that have a rule of their own, are in no other tracked folder, and lose paths in `deleted`. The workspace folder
 * is left out, and so are renamed paths, if `hasArrived` says so of the new path. Sorted.
 */
export function deletedRulePaths(
  rules: Rules,
  deleted: readonly string[],
  hasArrived: (path: string) => boolean,
): string[] {
  const paths = new Set<string>();
  for (const lost of deleted) {
    const rule = ruleFor(rules, lost);
    if (rule === undefined || rule.effect !== 'track' || rule.path === '' || paths.has(rule.path)) continue;
    if (rule.renamedTo !== undefined && hasArrived(newestPath(rules, rule.renamedTo))) continue;
    const above = ruleFor(rules, parentOf(rule.path) ?? '');
    const isNested = above?.kind === 'folder' && above.effect === 'track';
    if (!isNested && (rule.path === lost || isInside(lost, rule.path))) paths.add(rule.path);
  }
  return [...paths].sort();
}

/** The last of several new paths. A path that was renamed back and forth leads to one of them. */
function newestPath(rules: Rules, path: string): string {
  const seen = new Set<string>();
  let newest = path;
  for (let next: string | undefined = path; next !== undefined && !seen.has(next); next = rules.get(next)?.renamedTo) {
    seen.add(next);
    newest = next;
  }
  return newest;
}

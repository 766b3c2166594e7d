import { isAtOrInside, parentOf } from '../paths';
import { ruleFor, type Rules } from './rule';

/**
 * Returns the paths with a tracking rule of their own that are in `deleted`, or contain a path in it. Leaves out the
 * workspace folder, paths in another tracked folder, and renamed paths whose new path `hasArrived`. Sorted.
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
    if (!isNested && isAtOrInside(lost, rule.path)) paths.add(rule.path);
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

import { isInside, parentOf } from '../paths';
import { ruleFor, type Rules } from './rule';

/**
 * The paths that have a rule of their own, are in no other tracked folder, and lose paths in `deleted`. Renamed paths and
 * the workspace folder are left out. Sorted.
 */
export function deletedRulePaths(rules: Rules, deleted: readonly string[]): string[] {
  const paths = new Set<string>();
  for (const lost of deleted) {
    const rule = ruleFor(rules, lost);
    if (rule === undefined || rule.effect !== 'track' || rule.path === '' || rule.renamedTo !== undefined) continue;
    const above = ruleFor(rules, parentOf(rule.path) ?? '');
    const isNested = above?.kind === 'folder' && above.effect === 'track';
    if (!isNested && (rule.path === lost || isInside(lost, rule.path))) paths.add(rule.path);
  }
  return [...paths].sort();
}

import { isInside, parentOf } from '../paths';
import { ruleFor, type Rules } from './rule';

/**
 * The files and folders that the user tracked by themselves, in no other tracked folder, and that lose paths in `deleted`.
 * Those that were renamed, and the workspace folder, are none of them. Sorted.
 */
export function deletedRoots(rules: Rules, deleted: readonly string[]): string[] {
  const roots = new Set<string>();
  for (const path of deleted) {
    const rule = ruleFor(rules, path);
    if (rule === undefined || rule.effect !== 'track' || rule.path === '' || rule.renamedTo !== undefined) continue;
    const above = ruleFor(rules, parentOf(rule.path) ?? '');
    const isNested = above?.kind === 'folder' && above.effect === 'track';
    if (!isNested && (rule.path === path || isInside(path, rule.path))) roots.add(rule.path);
  }
  return [...roots].sort();
}

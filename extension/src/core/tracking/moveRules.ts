import { isAtOrInside, parentOf } from '../paths';
import { ruleFor, rulesIn, type Rule } from './rule';

/** A tracked or untracked path that has another path now. */
export interface RuleRename {
  readonly from: string;
  readonly to: string;
  readonly kind: Rule['kind'];
}

/** The rules of a file or folder that has moved, to be applied at its new path. */
export interface MovedRules {
  readonly kind: Rule['kind'];
  /** Whether it was tracked. */
  readonly isTracked: boolean;
  /** Its own rule and those in it, with paths relative to it; `''` is the path itself. */
  readonly rules: readonly Rule[];
}

/**
 * Marks the rules of `from` and of the paths in it as renamed, and returns them for `moveRulesIn`. They stay in force: a
 * deletion must still be pushed, and a path that is untracked here must not come back.
 */
export function moveRulesOut(rules: Map<string, Rule>, { from, to, kind }: RuleRename, isTracked: boolean): MovedRules {
  const moved = rulesIn(rules, [from]).filter(({ renamedTo }) => renamedTo === undefined);
  for (const rule of moved) rules.set(rule.path, { ...rule, renamedTo: to + rule.path.slice(from.length) });
  // A chain of renames points to its end, since the rules in between may lapse.
  for (const rule of rules.values()) {
    const { renamedTo } = rule;
    if (renamedTo === undefined || !isAtOrInside(renamedTo, from)) continue;
    rules.set(rule.path, { ...rule, renamedTo: to + renamedTo.slice(from.length) });
  }
  const relative = moved.map((rule) => ({ ...rule, path: rule.path.slice(from.length + 1) }));
  return { kind, isTracked, rules: relative.sort((a, b) => a.path.length - b.path.length) };
}

/**
 * Adds the rules that `moveRulesOut` returned at the new path `to`, except redundant ones. If the patterns exclude a new
 * path (`isExcluded`), it stays tracked only if it had a rule of its own.
 */
export function moveRulesIn(
  rules: Map<string, Rule>,
  to: string,
  moved: MovedRules,
  isExcluded: (path: string) => boolean,
): void {
  // Rules there that are still marked as renamed belong to what had the path before.
  for (const { path, renamedTo } of rulesIn(rules, [to])) if (renamedTo !== undefined) rules.delete(path);
  const [own] = moved.rules;
  if (own?.path !== '' && moved.isTracked && !isExcluded(to) && ruleFor(rules, to)?.effect !== 'track') {
    rules.set(to, { path: to, kind: moved.kind, effect: 'track' });
  }
  for (const { path: relative, kind, effect, identity } of moved.rules) {
    const path = relative === '' ? to : `${to}/${relative}`;
    const above = effectAbove(rules, path);
    const isRedundant = effect === 'track' ? above === 'track' && !isExcluded(path) : above !== 'track';
    if (isRedundant) continue;
    rules.set(path, { path, kind, effect, ...(identity === undefined ? {} : { identity }) });
  }
}

function effectAbove(rules: ReadonlyMap<string, Rule>, path: string): Rule['effect'] | undefined {
  const parent = parentOf(path);
  const rule = parent === undefined ? undefined : ruleFor(rules, parent);
  return rule?.kind === 'folder' ? rule.effect : undefined;
}

/** The renamed rules that have no effect any more, because neither side has a path at or below theirs. */
export function lapsedRules(rules: Iterable<Rule>, hasPath: (path: string) => boolean): Rule[] {
  return [...rules].filter(({ path, renamedTo }) => renamedTo !== undefined && !hasPath(path));
}

/** The earlier path of `path`, if it was renamed and a side still has the earlier one. */
export function formerPath(rules: Iterable<Rule>, path: string): string | undefined {
  for (const { path: former, renamedTo } of rules) {
    if (renamedTo === undefined) continue;
    if (isAtOrInside(path, renamedTo)) return former + path.slice(renamedTo.length);
  }
  return undefined;
}

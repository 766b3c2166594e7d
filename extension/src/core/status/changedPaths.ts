import { atAndAbove } from '../pathArea';
import type { PathState, PathStates } from './pathState';

/** In these states, a path may look different although its state is the same: its reason or its target has changed. */
const withDetail: ReadonlySet<PathState | undefined> = new Set<PathState>(['problem', 'held', 'incoming']);

/**
 * The paths that may look different after their states have changed from `before` to `after`, and all folders above them;
 * `''` is the workspace folder. Undefined if there are more than `limit` states to compare.
 */
export function changedPaths(
  before: PathStates['states'],
  after: PathStates['states'],
  limit: number,
): ReadonlySet<string> | undefined {
  if (before.size + after.size > limit) return undefined;
  const changed = new Set<string>();
  const add = (path: string): void => {
    for (const one of atAndAbove(path)) changed.add(one);
  };
  for (const [path, state] of after) if (withDetail.has(state) || before.get(path) !== state) add(path);
  for (const path of before.keys()) if (!after.has(path)) add(path);
  return changed;
}

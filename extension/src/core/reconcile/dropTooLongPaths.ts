import type { Problem, ProblemReason } from '../problem';
import type { Reconciliation } from './reconcile';

/** Returns the reason why a path is too long for this machine; undefined if it is not. */
export type TooLong = (
  path: string,
) => Extract<ProblemReason, 'path-too-long-here' | 'path-too-long-to-stage'> | undefined;

/** Drops the downloads of new paths that are too long for this machine, and returns a problem for each. */
export function dropTooLongPaths(
  plan: Reconciliation,
  tooLong: TooLong,
): { readonly plan: Reconciliation; readonly problems: ReadonlyMap<string, Problem> } {
  const problems = new Map<string, Problem>();
  for (const { path, from, to } of plan.downloads) {
    const reason = from === undefined && to !== undefined ? tooLong(path) : undefined;
    if (reason !== undefined) problems.set(path, { path, reason });
  }
  if (problems.size === 0) return { plan, problems };
  return { plan: { ...plan, downloads: plan.downloads.filter(({ path }) => !problems.has(path)) }, problems };
}

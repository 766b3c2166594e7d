import type { Change } from './change';

/** What a plan would take away, where that is more than may pass without a question. */
export interface Brake {
  readonly deletes: number;
  /** Files that had content and would have none. */
  readonly emptied: number;
  readonly tracked: number;
}

/**
 * Stops a plan that takes away more than `share` (of 1) of the `tracked` paths, when there are at least `min`
 * of them, or all of several; undefined when it may pass. A path deleted in one place and put in another with the
 * same content is a rename: it takes nothing away.
 */
export function brake(changes: readonly Change[], tracked: number, share = 0.5, min = 10): Brake | undefined {
  const put = new Set(changes.flatMap(({ from, to }) => (from === undefined && to !== undefined ? [to.hash] : [])));
  const deletes = changes.filter(
    ({ from, to }) => from !== undefined && to === undefined && !put.has(from.hash),
  ).length;
  const emptied = changes.filter(isEmptied).length;
  const taken = deletes + emptied;
  const isMost = tracked >= min && taken > share * tracked;
  const isAll = tracked > 1 && taken >= tracked;
  return isMost || isAll ? { deletes, emptied, tracked } : undefined;
}

function isEmptied({ from, to }: Change): boolean {
  return from !== undefined && from.size > 0 && to?.size === 0;
}

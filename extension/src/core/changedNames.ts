import type { Change } from './change';

/** A message names this many paths of each kind. */
const maxNamed = 3;

/** The first paths of a push or a pull, for a message: a list of all can be very long. */
export interface ChangedNames {
  readonly written: readonly string[];
  readonly deleted: readonly string[];
  /** The new paths of renamed files, which are in neither of the others. */
  readonly renamed: readonly string[];
}

export const noNames: ChangedNames = { written: [], deleted: [], renamed: [] };

/** `renames` are the renamed files among `changes`. */
export function changedNames(
  changes: readonly Change[],
  renames: readonly { readonly from: string; readonly to: string }[],
): ChangedNames {
  const moved = new Set(renames.flatMap(({ from, to }) => [from, to]));
  const first = (isDeletion: boolean): string[] => {
    const names: string[] = [];
    for (const { path, to } of changes) {
      if (names.length === maxNamed) break;
      if ((to === undefined) === isDeletion && !moved.has(path)) names.push(path);
    }
    return names;
  };
  return { written: first(false), deleted: first(true), renamed: renames.slice(0, maxNamed).map(({ to }) => to) };
}

/** The names of two transfers, one after the other. */
export function bothNames(one: ChangedNames, other: ChangedNames): ChangedNames {
  const first = (kind: keyof ChangedNames): string[] => [...one[kind], ...other[kind]].slice(0, maxNamed);
  return { written: first('written'), deleted: first('deleted'), renamed: first('renamed') };
}

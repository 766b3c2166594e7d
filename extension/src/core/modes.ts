import { sameContent, type Entry } from './entry';

/** The mode that `first` wants, or that of `second` where `first` stands as it was agreed on. */
export function mergedMode(ancestor: Entry | undefined, first: Entry, second: Entry): number {
  return ancestor?.kind === 'file' && first.mode === ancestor.mode ? second.mode : first.mode;
}

/**
 * An edit on one side and a mode set on the other, in one entry; undefined where that is not what happened.
 * Where both sides set a mode, that of the edit stands, whichever side it is on.
 */
export function editWithMode(
  ancestor: Entry | undefined,
  local: Entry | undefined,
  remote: Entry | undefined,
): Entry | undefined {
  if (ancestor?.kind !== 'file' || local?.kind !== 'file' || remote?.kind !== 'file') return undefined;
  if (sameContent(ancestor, local)) return withMode(remote, mergedMode(ancestor, remote, local));
  if (sameContent(ancestor, remote)) return withMode(local, mergedMode(ancestor, local, remote));
  return undefined;
}

/** Without what only one disk knows of the entry. */
function withMode({ path, kind, size, mtimeNs, hash }: Entry, mode: number): Entry {
  return { path, kind, size, mtimeNs, mode, hash };
}

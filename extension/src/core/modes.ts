import { entryWith, sameContent, type Entry } from './entry';

/** The mode of `first`, unless that is still the ancestor's: then the mode of `second`. */
export function mergedMode(ancestor: Entry | undefined, first: Entry, second: Entry): number {
  return ancestor?.kind === 'file' && first.mode === ancestor.mode ? second.mode : first.mode;
}

/**
 * Merges an edit on one side with a mode change on the other; undefined if the changes are of another kind.
 * If both sides changed the mode, the mode of the edited side wins.
 */
export function editWithMode(
  ancestor: Entry | undefined,
  local: Entry | undefined,
  remote: Entry | undefined,
): Entry | undefined {
  if (ancestor?.kind !== 'file' || local?.kind !== 'file' || remote?.kind !== 'file') return undefined;
  if (sameContent(ancestor, local)) return entryWith(remote, { mode: mergedMode(ancestor, remote, local) });
  if (sameContent(ancestor, remote)) return entryWith(local, { mode: mergedMode(ancestor, local, remote) });
  return undefined;
}

import type { Change } from '../change';
import { stepSize, type CooperativeTask } from '../cooperativeTask';
import { parentFolders } from '../paths';

/** A folder whose rarest file was added in more places counts as moved nowhere: nearly all of these are copies. */
const maxCandidates = 100;

/** The files that a pull adds or changes. */
interface Added {
  /** The hash at each path. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly pathsByHash: ReadonlyMap<string, readonly string[]>;
}

/**
 * Maps those of `folders` that `changes` move as a whole to their new places: each file that they delete in the folder is
 * added in the new place, at the same relative path and with the same content. A folder with several such places, or none,
 * is left out.
 */
export function* movedFoldersSteps(
  folders: ReadonlySet<string>,
  changes: readonly Change[],
): CooperativeTask<Map<string, string>> {
  const moved = new Map<string, string>();
  const gone = yield* deletedInSteps(folders, changes);
  if (gone.size === 0) return moved;
  const added = yield* addedSteps(changes);
  for (const [folder, deleted] of gone) {
    yield;
    const to = placeOf(folder, deleted, added);
    if (to !== undefined) moved.set(folder, to);
  }
  return moved;
}

/** The deletions in each of `folders` that has some. */
function* deletedInSteps(
  folders: ReadonlySet<string>,
  changes: readonly Change[],
): CooperativeTask<Map<string, Change[]>> {
  const gone = new Map<string, Change[]>();
  let visited = 0;
  for (const change of changes) {
    if (++visited % stepSize === 0) yield;
    if (change.to !== undefined) continue;
    for (const folder of parentFolders(change.path)) {
      if (!folders.has(folder)) continue;
      const deleted = gone.get(folder);
      if (deleted === undefined) gone.set(folder, [change]);
      else deleted.push(change);
    }
  }
  return gone;
}

function* addedSteps(changes: readonly Change[]): CooperativeTask<Added> {
  const hashes = new Map<string, string>();
  const pathsByHash = new Map<string, string[]>();
  let visited = 0;
  for (const { path, to } of changes) {
    if (++visited % stepSize === 0) yield;
    if (to === undefined) continue;
    hashes.set(path, to.hash);
    const paths = pathsByHash.get(to.hash);
    if (paths === undefined) pathsByHash.set(to.hash, [path]);
    else paths.push(path);
  }
  return { hashes, pathsByHash };
}

/** The only folder that has all of `deleted` in the places that they had in `folder`. */
function placeOf(folder: string, deleted: readonly Change[], { hashes, pathsByHash }: Added): string | undefined {
  const placesOf = ({ from }: Change): readonly string[] => pathsByHash.get(from?.hash ?? '') ?? [];
  const suffixOf = ({ path }: Change): string => path.slice(folder.length);
  const rarest = deleted.reduce((a, b) => (placesOf(b).length < placesOf(a).length ? b : a));
  const places = placesOf(rarest);
  if (places.length > maxCandidates) return undefined;
  const suffix = suffixOf(rarest);
  const candidates = places.flatMap((path) => (path.endsWith(suffix) ? [path.slice(0, -suffix.length)] : []));
  const hasAll = (other: string): boolean =>
    deleted.every((change) => hashes.get(other + suffixOf(change)) === change.from?.hash);
  const found = candidates.filter((other) => other !== '' && hasAll(other));
  return found.length === 1 ? found[0] : undefined;
}

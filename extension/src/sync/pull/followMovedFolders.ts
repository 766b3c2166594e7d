import type { Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { parentFolders } from '../../core/paths';
import { movedFoldersSteps } from '../../core/tracking/movedFolders';
import type { Replica } from '../replica/replica';

/**
 * Lets the rules of tracked folders follow a rename on another machine: the server no longer lists the old name, and the
 * pull has moved all files. A folder that still has files here keeps its rules.
 */
export function* followMovedFoldersSteps(
  { rules, local }: Pick<Replica, 'rules' | 'local'>,
  listed: readonly string[],
  downloads: readonly Change[],
): CooperativeTask<void> {
  const onServer = new Set(listed);
  const unlisted = new Set(rules.trackedFolders.filter((path) => path !== '' && !onServer.has(path)));
  if (unlisted.size === 0) return;
  const moved = yield* movedFoldersSteps(unlisted, downloads);
  for (const [from, to] of moved) if (!onServer.has(to)) moved.delete(from);
  if (moved.size === 0) return;
  const deleted = new Set(downloads.flatMap(({ path, to }) => (to === undefined ? [path] : [])));
  yield* dropFoldersWithFilesSteps(moved, local.observations.keys(), deleted);
  for (const [from, to] of moved) rules.follow({ from, to, kind: 'folder' });
}

/** Drops the folders in which a path lies that is not deleted. */
function* dropFoldersWithFilesSteps(
  folders: Map<string, unknown>,
  paths: Iterable<string>,
  deleted: ReadonlySet<string>,
): CooperativeTask<void> {
  let visited = 0;
  for (const path of paths) {
    if (++visited % stepSize === 0) yield;
    if (deleted.has(path)) continue;
    for (const folder of parentFolders(path)) folders.delete(folder);
  }
}

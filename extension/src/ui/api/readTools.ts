import { unifiedDiff } from '../../core/merge/unifiedDiff';
import { localSide, serverSide, syncedSide } from '../../sync/history/diffSides';
import { makePlan } from '../review/makePlan';
import { reasonMessage } from '../views/statusPresentation';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { folderStatus } from './apiValues';
import { ToolError } from './toolError';
import type { ToolInput } from './toolInputs';

/** More rows or characters would fill the context of a model. */
const maxRows = 200;
const maxDiffCharacters = 50_000;

/** The folder's status, and the state of each path that is not in sync. */
export async function readStatus({ folder, sync }: SyncedFolder): Promise<unknown> {
  const { folder: uri, error, ...status } = folderStatus(folder, sync.state);
  const changes = limitedChanges([...sync.pathStates], ([path, state]) => ({
    path,
    state,
    reason: reasonMessage(sync, path, state),
  }));
  return { folder: uri.fsPath, ...status, error: error?.message, ...changes };
}

/** The paths that a command would change, with the effect on each. */
export async function readPlan(
  owner: SyncedFolder,
  { direction = 'sync' }: ToolInput<'palmtree_plan'>,
): Promise<unknown> {
  const { folders, rows, revision } = await makePlan(owner, direction, {});
  const renamed = folders.map(({ from, to, direction, rows: { length } }) => ({ from, to, direction, files: length }));
  const changes = limitedChanges(rows, ({ path, direction, effect, from }) => ({ path, direction, effect, from }));
  return { revision, renamedFolders: renamed, ...changes };
}

/** The versions of a file, or the pushes to the tree, newest first. */
export async function readHistory({ sync }: SyncedFolder, input: ToolInput<'palmtree_history'>): Promise<unknown> {
  const { path, before } = input;
  if (path === undefined) {
    const { revisions, more } = await sync.history.revisions(before);
    return { revisions, more };
  }
  const last = before === undefined ? undefined : { path, revision: before };
  const { versions, more } = await sync.history.versions(path, last);
  return { versions, more };
}

/** The difference of a tracked file to its last synced version, or to one of the server's history, as a patch. */
export async function readDiff(
  { sync }: SyncedFolder,
  { path, revision }: ToolInput<'palmtree_diff'>,
): Promise<string> {
  const { history } = sync;
  // Invariant: no other file is read, whatever path a model has made up.
  if (!sync.isOnDisk(path) && history.ancestorEntry(path) === undefined && !sync.pathStates.has(path)) {
    throw new ToolError(`${JSON.stringify(path)} is not tracked. palmtree_status lists the paths that changed.`);
  }
  const before = await (revision === undefined ? syncedSide(history, path) : serverSide(history, path, revision));
  const after = sync.isOnDisk(path) ? await localSide(sync.root, path, sync.hashAt(path)) : undefined;
  const patch = unifiedDiff(path, before, after)
    .map(({ text }) => text)
    .join('\n');
  if (patch === '') return 'No difference.';
  return patch.length <= maxDiffCharacters ? patch : `${patch.slice(0, maxDiffCharacters)}\n… (cut off)`;
}

/** The first changes as `shown`, and how many more there are. */
function limitedChanges<T>(changes: readonly T[], shown: (change: T) => object): Record<string, unknown> {
  const more = changes.length - maxRows;
  return { changes: changes.slice(0, maxRows).map(shown), ...(more > 0 ? { moreThanShown: more } : {}) };
}

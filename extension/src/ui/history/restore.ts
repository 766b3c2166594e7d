import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { isUnpushed } from '../../core/status/pathState';
import type { RestorePlan, RestoreResult } from '../../sync/history/restore';
import { restoreConfirmation } from '../../messages/confirmations';
import { confirm } from '../shared/confirm';
import { formatNumber, sentences } from '../../messages/format';
import { showResult } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { skippedMessage } from '../../messages/skippedMessages';
import { withProgress } from '../shared/withProgress';
import type { LastUsed } from '../views/lastUsed';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import { isConnected, targetFolder } from '../workspace/callOptions';
import { notifyWithActions, undoAction } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { pickPath, pickRevision, pickVersion } from './historyPicks';
import { versionOf } from './rows';
import { isRevisionRow } from './treeRows';

const restoreTitle = vscode.l10n.t('Palmtree: Restore');

export interface HistoryDeps {
  readonly folders: WorkspaceFolders;
  /** Stands in for the arguments of a command that the palette runs. */
  readonly used: LastUsed;
  readonly log: vscode.LogOutputChannel;
}

interface Request {
  readonly owner: SyncedFolder;
  /** Files or folders; `''` is the whole tree. */
  readonly paths: readonly string[];
  readonly revision: number;
  /** The path of the only file in the revision, if it was renamed since. */
  readonly source?: string | undefined;
}

export async function restoreVersion({ log }: HistoryDeps, row: unknown): Promise<void> {
  const { owner, path, localPath = path, revision } = versionOf(row);
  await restore(log, { owner, paths: [localPath], revision, source: sourceOf(path, localPath) }, true);
}

/** Asks for the revision of picked paths, for the path in a revision's row, or for both. */
export async function restoreFrom(deps: HistoryDeps, one: unknown, many: unknown): Promise<void> {
  const { folders, used, log } = deps;
  const [row] = one === undefined ? used.rows : [one];
  if (isRevisionRow(row)) {
    const { owner, revision } = row;
    await restore(log, { owner, paths: [await pickPath(owner, revision.number)], revision: revision.number });
    return;
  }
  const picked = one === undefined ? used.uris : pickedUris(one, many);
  if (picked.length === 0) {
    const owner = await targetFolder(folders, undefined, isConnected);
    const revision = await pickRestoreRevision(owner);
    await restore(log, { owner, paths: [await pickPath(owner, revision)], revision });
    return;
  }
  for (const [owner, paths] of await resolvePicked(folders, picked)) {
    const [path = ''] = paths;
    const { versions } = path === '' ? { versions: [] } : await owner.sync.history.versions(path);
    // A path without versions is a folder, or in no revision, which `restore` reports.
    const hasVersions = paths.length === 1 && versions.length > 0;
    const placeHolder = vscode.l10n.t('Select a revision to restore {0} from', nameOf(path));
    if (hasVersions) {
      const version = await pickVersion(owner, path, placeHolder);
      await restore(log, { owner, paths, revision: version.revision, source: sourceOf(version.path, path) });
    } else {
      await restore(log, { owner, paths, revision: await pickRestoreRevision(owner) });
    }
  }
}

function sourceOf(path: string, localPath: string): string | undefined {
  return path === localPath ? undefined : path;
}

async function pickRestoreRevision(owner: SyncedFolder): Promise<number> {
  return (await pickRevision(owner, vscode.l10n.t('Select a revision to restore from'))).number;
}

async function restore(log: vscode.LogOutputChannel, request: Request, isFile = false): Promise<void> {
  await repeatable(() => restorePaths(log, request, isFile));
}

async function restorePaths(log: vscode.LogOutputChannel, request: Request, isFile: boolean): Promise<void> {
  const { owner, paths, revision, source } = request;
  const { folder, sync } = owner;
  const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
  const plan = await withProgress(restoreTitle, (reporter) => sync.planRestore(reporter, { paths, revision, source }));
  await confirmRestore(request, plan, isFile || (paths.length === 1 && sync.isOnDisk(paths[0] ?? '')));
  // Invariant: nothing is restored that the dialog did not list.
  const only = new Set([...plan.replaced, ...plan.untracked, ...plan.created]);
  const result = await withProgress(restoreTitle, (reporter) =>
    sync.restore(reporter, { paths, revision, source, only }, { hasUnsavedEdits }),
  );
  const text = restoredMessage(result, request);
  log.info(`${folder.name}: ${text}`);
  if (result.written.length > 0) void notifyWithActions(log, folder, text, [undoAction(log, owner, [result.backup])]);
  else showResult(log, folder, text, result.skipped.length > 0);
}

/** Asks before unpushed changes, untracked files, or more than one picked file are replaced. Throws cancelled. */
async function confirmRestore(
  { owner, paths, revision }: Request,
  plan: RestorePlan,
  isOneFile: boolean,
): Promise<void> {
  const { folder, sync } = owner;
  const unsaved = unsavedPaths(folder);
  const unpushed = new Set(plan.replaced.filter((path) => isUnpushed(sync.pathStates.get(path))));
  const all = [...plan.replaced, ...plan.untracked, ...plan.created];
  const replacesSaved = [...unpushed].some((path) => !unsaved.has(path));
  if (all.length === 0 || (isOneFile && !replacesSaved && plan.untracked.length === 0)) return;
  const { question, detail } = restoreConfirmation({ ...plan, paths, revision, unpushed, unsaved, isOneFile });
  await confirm(question, detail.join('\n\n'), vscode.l10n.t('Restore'));
}

function restoredMessage({ revision, written, skipped }: RestoreResult, { owner, paths }: Request): string {
  const [first] = skipped;
  if (first !== undefined) {
    return skipped.length === 1
      ? vscode.l10n.t('1 file was skipped: {0}', skippedMessage(first))
      : vscode.l10n.t('{0} files were skipped: {1}', formatNumber(skipped.length), skippedMessage(first));
  }
  if (written.length === 0) return alreadyMessage(paths, revision);
  const restored =
    written.length === 1
      ? vscode.l10n.t('{0} was restored from revision {1}.', written[0] ?? '', revision)
      : vscode.l10n.t('{0} files were restored from revision {1}.', formatNumber(written.length), revision);
  // A file that equals the server's newest version has nothing to push.
  const isPending = written.some((path) => owner.sync.pathStates.has(path));
  const next = isPending ? uploadHint(written.length) : vscode.l10n.t('The server already has this version.');
  return sentences(restored, next);
}

function uploadHint(count: number): string {
  return count === 1 ? vscode.l10n.t('Push to upload it.') : vscode.l10n.t('Push to upload them.');
}

function alreadyMessage(paths: readonly string[], revision: number): string {
  const [path = ''] = paths;
  return paths.length === 1 && path !== ''
    ? vscode.l10n.t('{0} is already at revision {1}.', path, revision)
    : vscode.l10n.t('Already at revision {0}.', revision);
}

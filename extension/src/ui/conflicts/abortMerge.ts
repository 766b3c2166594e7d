import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { confirm } from '../shared/confirm';
import { formatNumber } from '../shared/format';
import { withProgress } from '../shared/withProgress';
import type { ActiveMerges, MergeInEditor } from '../workspace/activeMerges';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Asks before merges are aborted. Throws cancelled. */
export async function confirmAbort(merges: readonly MergeInEditor[]): Promise<void> {
  const message =
    merges.length === 1
      ? vscode.l10n.t('Abort the merge of {0}?', merges[0]?.path ?? '')
      : vscode.l10n.t('Abort the merges of {0} files?', formatNumber(merges.length));
  const detail = vscode.l10n.t('Your version before the merge is restored first. A backup keeps the merge so far.');
  await confirm(message, detail, vscode.l10n.t('Abort Merge'));
}

/** Restores the local version before the merge, and keeps the merge so far in a backup. Throws not_aborted. */
export async function abortMerge(merges: ActiveMerges, owner: SyncedFolder, merge: MergeInEditor): Promise<void> {
  const { folder, sync } = owner;
  await merges.aborting(merge, async () => {
    const lastSaved = await saveMerge(vscode.Uri.joinPath(folder.uri, merge.path), merge.path);
    const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
    await withProgress(vscode.l10n.t('Palmtree: Abort Merge'), (reporter) =>
      sync.abortMerge(reporter, { ...merge, lastSaved }, { hasUnsavedEdits }),
    );
    await merges.end(owner, [merge.path]);
  });
}

/** Saves an edited merge, since the backup is made of what is on disk. Returns its hash if it had to be saved. */
async function saveMerge(uri: vscode.Uri, path: string): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty !== true) return undefined;
  if (!(await open.save())) {
    throw new PalmtreeError('not_aborted', `${path} could not be saved`, { details: { paths: [path] } });
  }
  return sha256(await vscode.workspace.fs.readFile(uri));
}

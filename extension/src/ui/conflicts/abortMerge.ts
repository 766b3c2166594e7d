import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { unsavedPaths } from '../sync/confirmations';
import { plural } from '../shared/format';
import { withProgress } from '../shared/notify';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import type { MergeInEditor, ActiveMerges } from '../workspace/activeMerges';

/** Says that merges are not finished. Throws cancelled unless what was there before is to come back. */
export async function confirmAbort(merges: readonly MergeInEditor[]): Promise<void> {
  const [first] = merges;
  const what = merges.length === 1 ? `the merge of ${first?.path}` : `the merges of ${plural(merges.length, 'file')}`;
  const action = 'Give Up the Merge';
  const detail = 'What was here before the merge is put back first. What was merged so far is kept in a backup.';
  const message = `Give up ${what}?`;
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer === undefined) throw new PalmtreeError('cancelled', 'the merge is not given up');
}

/** Puts what was here before the merge back, and keeps what was merged so far. Throws not_aborted. */
export async function abort(merges: ActiveMerges, owner: SyncedFolder, merge: MergeInEditor): Promise<void> {
  const { folder, sync } = owner;
  await merges.aborting(merge, async () => {
    const lastSaved = await saveWhatIsMerged(vscode.Uri.joinPath(folder.uri, merge.path), merge.path);
    const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
    await withProgress('Palmtree: Give Up the Merge', (reporter) =>
      sync.abortMerge(reporter, { ...merge, lastSaved }, { hasUnsavedEdits }),
    );
    await merges.end(owner, [merge.path]);
  });
}

/** What was merged so far goes to the backup from the disk. Answers the hash of it, where something was to be saved. */
async function saveWhatIsMerged(uri: vscode.Uri, path: string): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty !== true) return undefined;
  if (!(await open.save())) {
    throw new PalmtreeError('not_aborted', `${path} could not be saved`, { details: { paths: [path] } });
  }
  const saved = await vscode.workspace.fs.readFile(uri);
  return sha256(saved);
}

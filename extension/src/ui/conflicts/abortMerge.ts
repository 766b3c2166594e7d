import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { confirm } from '../shared/confirm';
import { formatNumber } from '../../messages/format';
import { showResult } from '../shared/notify';
import { pickOne } from '../shared/quickInput';
import { withProgress } from '../shared/withProgress';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import type { ActiveMerges, RecordedMerge } from '../workspace/activeMerges';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { mergeEditorTabs, resultOf } from './mergeEditor';

export interface AbortDeps {
  readonly folders: WorkspaceFolders;
  readonly merges: ActiveMerges;
  readonly log: vscode.LogOutputChannel;
}

/** Aborts the merges of the picked files, else that of the active editor, else the only one or the one that the user picks. */
export async function abortMerges({ folders, merges, log }: AbortDeps, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(folders, await mergesToAbort(merges, uri, uris))) {
    const active = paths.flatMap((path) => merges.find(owner, path) ?? []);
    if (active.length < paths.length) {
      throw new PalmtreeError('no_merge', 'no merge is active', {
        details: { paths: paths.filter((path) => merges.find(owner, path) === undefined) },
      });
    }
    await confirmAbort(active);
    for (const merge of active) await abortMerge(merges, owner, merge);
    const [first = ''] = paths;
    const text =
      paths.length === 1
        ? vscode.l10n.t('{0} is as it was before the merge, and still in conflict.', first)
        : vscode.l10n.t(
            '{0} files are as they were before the merge, and still in conflict.',
            formatNumber(paths.length),
          );
    showResult(log, owner.folder, text, false);
  }
}

async function mergesToAbort(merges: ActiveMerges, uri: unknown, uris: unknown): Promise<vscode.Uri[]> {
  const uriOf = ({ folder, path }: RecordedMerge) => vscode.Uri.joinPath(vscode.Uri.parse(folder), ...path.split('/'));
  const active = merges.all.map((merge) => ({ merge, uri: uriOf(merge), label: merge.path }));
  const isActive = (file: vscode.Uri): boolean => active.some(({ uri }) => uri.toString() === file.toString());
  const picked = pickedUris(uri, uris);
  if (picked.some(isActive)) return picked;
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  const shown = (activeTab && resultOf(activeTab)) ?? vscode.window.activeTextEditor?.document.uri;
  if (shown !== undefined && isActive(shown)) return [shown];
  const [only] = active;
  if (only === undefined) throw new PalmtreeError('no_merge', 'no merge is active', { details: { paths: [] } });
  if (active.length === 1) return [only.uri];
  const title = vscode.l10n.t('Palmtree: Abort Merge');
  const answer = await pickOne(active, {
    title,
    placeHolder: vscode.l10n.t('Select a merge to abort'),
  });
  if (answer === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  return [answer.uri];
}

/** Asks before merges are aborted. Throws cancelled. */
export async function confirmAbort(merges: readonly RecordedMerge[]): Promise<void> {
  const message =
    merges.length === 1
      ? vscode.l10n.t('Abort the merge of {0}?', merges[0]?.path ?? '')
      : vscode.l10n.t('Abort the merges of {0} files?', formatNumber(merges.length));
  const detail = vscode.l10n.t('Your version before the merge is restored first. A backup keeps the merge so far.');
  await confirm(message, detail, vscode.l10n.t('Abort Merge'));
}

/**
 * Restores the local version before the merge, and keeps the merge so far in a backup. `unfinished` is the hash of a saved
 * text that the user takes for the unfinished merge. Throws not_aborted and not_saved.
 */
export async function abortMerge(
  merges: ActiveMerges,
  owner: SyncedFolder,
  merge: RecordedMerge,
  unfinished?: string,
): Promise<void> {
  const { folder, sync } = owner;
  await merges.aborting(merge, async () => {
    const saved = await saveMerge(vscode.Uri.joinPath(folder.uri, merge.path), merge.path);
    const lastSaved = saved ?? unfinished;
    const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
    await withProgress(vscode.l10n.t('Palmtree: Abort Merge'), (reporter) =>
      sync.merges.abort(reporter, { ...merge, lastSaved }, { hasUnsavedEdits }),
    );
    await merges.end(owner, [merge.path]);
  });
  // Not before: a merge editor with unresolved conflicts asks before it closes.
  const tabs = mergeEditorTabs(vscode.Uri.joinPath(folder.uri, ...merge.path.split('/')));
  await vscode.window.tabGroups.close(tabs, true);
}

/** Saves an edited merge, since the backup is made of what is on disk. Returns its hash if it had to be saved. */
async function saveMerge(uri: vscode.Uri, path: string): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty !== true) return undefined;
  if (!(await open.save())) {
    throw new PalmtreeError('not_saved', `${path} could not be saved`, { details: { paths: [path] } });
  }
  return sha256(await vscode.workspace.fs.readFile(uri));
}

import * as vscode from 'vscode';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Choice, ResolveResult } from '../../sync/conflicts/resolve';
import { comparisonWithServer } from '../documents/comparison';
import { repeatable } from '../shared/repeatable';
import { skippedMessage } from '../../messages/skippedMessages';
import { withProgress } from '../shared/withProgress';
import type { PathPicker } from '../views/pathPicker';
import type { ActiveMerges } from '../workspace/activeMerges';
import { offerToSaveSkipped, unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { abortMerge, confirmAbort } from './abortMerge';
import { mergeEditorTabs } from './mergeEditor';
import { notifyResolved } from './resolvedNotice';

export interface ResolveDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly merges: ActiveMerges;
  readonly log: vscode.LogOutputChannel;
}

/** Opens a diff with the server's version on the left and the local file on the right. */
export async function compare(picker: PathPicker, ...picked: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Palmtree: Compare with Server');
  for (const [owner, paths] of await picker.pick('file', title, ...picked)) {
    for (const path of paths) {
      const { left, right, title } = await comparisonWithServer(owner, path, 'push');
      await vscode.commands.executeCommand('vscode.diff', left, right, title);
    }
  }
}

const resolveTitles: Readonly<Record<Choice, string>> = {
  mine: vscode.l10n.t('Palmtree: Keep Mine'),
  theirs: vscode.l10n.t('Palmtree: Take Theirs'),
  both: vscode.l10n.t('Palmtree: Keep Both'),
};

/** Resolves the picked conflicts. */
export async function resolvePickedConflicts(
  deps: ResolveDeps,
  choice: Choice,
  ...picked: readonly unknown[]
): Promise<void> {
  for (const [owner, paths] of await deps.picker.pick('conflict', resolveTitles[choice], ...picked)) {
    await resolveConflicts(deps, owner, paths, choice);
  }
}

/** Resolves conflicts of one folder and shows the result. Throws no_conflict. */
export function resolveConflicts(
  deps: ResolveDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<void> {
  return repeatable(() => resolveAndShow(deps, owner, paths, choice));
}

async function resolveAndShow(
  deps: ResolveDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<void> {
  const { folder } = owner;
  const result = await resolvePaths(deps, owner, paths, choice);
  const { resolved, skipped } = result;
  await deps.merges.end(owner, resolved);
  await closeMergeEditors(owner, resolved);
  if (resolved.length > 0) {
    logResolved(deps.log, folder, result, choice);
    void notifyResolved(deps.log, owner, result, choice);
  } else if (skipped.length === 0) {
    throw new PalmtreeError('no_conflict', 'the picked paths are not in conflict', { details: { paths } });
  }
  const [first] = skipped;
  if (first === undefined) return;
  const unsaved = skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : []));
  if (await offerToSaveSkipped(folder, skippedMessage(first), unsaved, vscode.l10n.t('Save and Try Again'))) {
    await resolveConflicts(deps, owner, unsaved, choice);
  }
}

function logResolved(
  log: vscode.LogOutputChannel,
  { name }: vscode.WorkspaceFolder,
  { resolved, theirPaths }: ResolveResult,
  choice: Choice,
): void {
  log.info(`${name}: resolved ${resolved.join(', ')}: ${choice}`);
  for (const [mine, theirs] of theirPaths) log.info(`${mine}: the server's version is ${theirs}`);
}

/** Resolves conflicts, and first aborts their active merges if the user agrees. */
async function resolvePaths(
  { merges }: ResolveDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<ResolveResult> {
  const { folder, sync } = owner;
  const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
  const run = () =>
    withProgress(vscode.l10n.t('Palmtree: Resolve Conflicts'), (reporter) =>
      sync.resolve(reporter, { paths, choice }, { hasUnsavedEdits }),
    );
  await abortHiddenMerges(merges, owner, paths, choice);
  try {
    return await run();
  } catch (error) {
    if (!isPalmtreeError(error, 'conflict_markers')) throw error;
    const found = error.details.paths?.map((path) => merges.find(owner, path)) ?? [];
    const active = found.filter((merge) => merge !== undefined);
    if (active.length === 0 || active.length < found.length) throw error;
    await confirmAbort(active);
    for (const merge of active) await abortMerge(merges, owner, merge);
    return run();
  }
}

/**
 * Aborts the merges that would outlast the decision: a file that was saved as the ancestor looks unchanged, not in
 * conflict, and unsaved edits could be saved and pushed later. Both have to become the local version again first.
 */
async function abortHiddenMerges(
  merges: ActiveMerges,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<void> {
  const inConflict = new Set(owner.sync.conflicts.map(({ path }) => path));
  const unsaved = unsavedPaths(owner.folder);
  const hidden = paths.filter((path) => !inConflict.has(path) || unsaved.has(path));
  const active = hidden.flatMap((path) => merges.find(owner, path) ?? []);
  if (active.length === 0) return;
  if (choice !== 'theirs') await confirmAbort(active);
  for (const merge of active) await abortMerge(merges, owner, merge);
}

/** Closes the merge editors of resolved files. The user closes those with unsaved changes. */
async function closeMergeEditors({ folder }: SyncedFolder, paths: readonly string[]): Promise<void> {
  const tabs = paths.flatMap((path) => mergeEditorTabs(vscode.Uri.joinPath(folder.uri, path)));
  const saved = tabs.filter(({ isDirty }) => !isDirty);
  if (saved.length > 0) await vscode.window.tabGroups.close(saved, true);
}

import * as vscode from 'vscode';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Choice, ResolveResult } from '../../sync/conflicts/resolve';
import { offerToSaveSkipped, unsavedPaths } from '../sync/confirmations';
import { plural } from '../shared/format';
import { mergeEditorTabs } from './mergeEditor';
import { confirmAbort, abort } from './abortMerge';
import type { ActiveMerges } from '../workspace/activeMerges';
import { notifyTookTheirs } from './takeTheirsNotice';
import { pickedOrActive, resolvePicked } from '../views/pickedPaths';
import { withProgress } from '../shared/notify';
import { localDocument, serverDocument } from '../documents/serverDocuments';
import { skippedMessage } from '../shared/skippedMessages';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface DecisionDeps {
  readonly folders: WorkspaceFolders;
  readonly merges: ActiveMerges;
  readonly log: vscode.LogOutputChannel;
}

/** Opens VS Code's diff editor: what the server has on the left, what is here on the right. */
export async function compare(folders: WorkspaceFolders, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(folders, pickedOrActive(uri, uris))) {
    const revision = owner.sync.knownRevision;
    for (const path of paths) {
      const theirs = serverDocument(owner, path, revision);
      const mine = await localDocument(owner, path);
      const name = path.split('/').at(-1) ?? path;
      await vscode.commands.executeCommand('vscode.diff', theirs, mine, `${name} (server r${revision} ↔ here)`);
    }
  }
}

const sentences: Readonly<Record<Choice, string>> = {
  mine: 'kept as it is here; push to send it',
  theirs: 'taken from the server; what was here is in the backup',
  both: 'kept in both versions; push to send them',
};

function resolvedMessage({ resolved, theirPaths }: ResolveResult, choice: Choice): string {
  const [first = ''] = resolved;
  const copy = theirPaths.get(first);
  if (resolved.length > 1) return `${plural(resolved.length, 'file')} ${sentences[choice]}`;
  // The name is new to the user, who wants to find it.
  if (copy !== undefined) return `The server's version is beside it as ${copy}. Push to send both.`;
  return `${first} ${sentences[choice]}`;
}

/** Decides the picked conflicts. */
export async function decide(parts: DecisionDeps, choice: Choice, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(parts.folders, pickedOrActive(uri, uris))) {
    await decidePaths(parts, owner, paths, choice);
  }
}

/** Decides conflicts of one folder, and says how it went. Throws no_conflict. */
export async function decidePaths(
  parts: DecisionDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<void> {
  const { folder } = owner;
  const result = await resolvePaths(parts, owner, paths, choice);
  await parts.merges.end(owner, result.resolved);
  await closeMergeEditors(owner, result.resolved);
  if (result.resolved.length > 0) {
    parts.log.info(`${folder.name}: ${result.resolved.join(', ')} ${sentences[choice]}`);
    for (const [mine, theirs] of result.theirPaths) parts.log.info(`${mine}: the server's version is ${theirs}`);
    if (choice === 'theirs') void notifyTookTheirs(parts.log, owner, result);
    else void vscode.window.setStatusBarMessage(`Palmtree: ${resolvedMessage(result, choice)}`, 8_000);
  } else if (result.skipped.length === 0) {
    throw new PalmtreeError('no_conflict', 'no conflict at what was picked', { details: { paths } });
  }
  const [held] = result.skipped;
  if (held === undefined) return;
  const unsaved = result.skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : []));
  if (await offerToSaveSkipped(folder, `${held.path} ${skippedMessage(held)}.`, unsaved, 'Save and Try Again')) {
    await decidePaths(parts, owner, unsaved, choice);
  }
}

/** A merge that is not finished is given up first, if the user says so. */
async function resolvePaths(
  { merges }: DecisionDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<ResolveResult> {
  const { folder, sync } = owner;
  const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
  const run = () =>
    withProgress('Palmtree: Resolve', (reporter) => sync.resolve(reporter, { paths, choice }, { hasUnsavedEdits }));
  await bringBackMine(merges, owner, paths, choice);
  try {
    return await run();
  } catch (error) {
    if (!isPalmtreeError(error, 'conflict_markers')) throw error;
    const marked = error.details.paths?.map((path) => merges.find(owner, path)) ?? [];
    const begun = marked.filter((merge) => merge !== undefined);
    if (begun.length === 0 || begun.length < marked.length) throw error;
    await confirmAbort(begun);
    for (const merge of begun) await abort(merges, owner, merge);
    return run();
  }
}

/**
 * A merge that was saved as it was last synced looks as if nothing had been changed here, and one that is not saved
 * would be, by a push later on: mine comes back first.
 */
async function bringBackMine(
  merges: ActiveMerges,
  owner: SyncedFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<void> {
  const inConflict = new Set(owner.sync.conflicts.map(({ path }) => path));
  const unsaved = unsavedPaths(owner.folder);
  const open = paths.filter((path) => !inConflict.has(path) || unsaved.has(path));
  const begun = open.flatMap((path) => merges.find(owner, path) ?? []);
  if (begun.length === 0) return;
  if (choice !== 'theirs') await confirmAbort(begun);
  for (const merge of begun) await abort(merges, owner, merge);
}

/** What they show is decided. One that has something unsaved is the user's to close. */
async function closeMergeEditors({ folder }: SyncedFolder, paths: readonly string[]): Promise<void> {
  const tabs = paths.flatMap((path) => mergeEditorTabs(vscode.Uri.joinPath(folder.uri, path)));
  const saved = tabs.filter(({ isDirty }) => !isDirty);
  if (saved.length > 0) await vscode.window.tabGroups.close(saved, true);
}

import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { MergeSides } from '../../sync/conflicts/startMerge';
import { showInStatusBar, showModal } from '../shared/notification';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import type { PathPicker } from '../views/pathPicker';
import { isMergeCurrent, type ActiveMerges, type RecordedMerge } from '../workspace/activeMerges';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { isMineAgain } from './mergeCheck';
import { mergeEditorTabs, openMergeEditor, resultOf, type MergeEditor } from './mergeEditor';
import { hashOfLines, sameLines, withoutBom } from './editorText';
import type { MergeWatch } from './mergeWatch';

/** The longest wait for the merge editor to show what it merged, and the pause between two checks, in ms. */
const autoMergeMs = 60_000;
const autoMergePauseMs = 200;

export interface MergeDeps {
  readonly picker: PathPicker;
  readonly merges: ActiveMerges;
  readonly mergeWatch: MergeWatch;
  readonly mergeEditor: MergeEditor;
}

/** Merges the picked conflicts, each in VS Code's merge editor. */
export async function merge(deps: MergeDeps, ...picked: readonly unknown[]): Promise<void> {
  for (const [owner, paths] of await deps.picker.pick('mergeable', vscode.l10n.t('Palmtree: Merge'), ...picked)) {
    for (const path of paths) await repeatable(() => mergeOne(deps, owner, path));
  }
}

async function mergeOne(deps: MergeDeps, owner: SyncedFolder, path: string): Promise<void> {
  const uri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
  const active = deps.merges.find(owner, path);
  if (active !== undefined && isMergeCurrent(owner, active) && !(await isUnbegun(uri, active))) {
    await show(deps, owner, active);
    return;
  }
  if (active !== undefined) await deps.merges.end(owner, [path]);
  await offerToSaveFirst(uri);
  const document = await openAsUtf8(uri, path);
  if (hasConflictMarkers(document.getText())) {
    await vscode.window.showTextDocument(document);
    throw new PalmtreeError('conflict_markers', `a merge of ${path} is not finished`, { details: { paths: [path] } });
  }
  const sides = await withProgress(vscode.l10n.t('Palmtree: Merge'), (reporter) =>
    owner.sync.merges.start(reporter, path),
  );
  const started = activeMerge(owner, path, sides);
  requireUnchanged(document, sides);
  const isInMergeEditor = started.editor === 'merge' && (await startInMergeEditor(deps, owner, started, document));
  if (!isInMergeEditor) await replaceText(document, sides);
  // Not before the text is replaced: a save of the local version must not end the merge.
  const markedText = sides.merge.kind === 'conflict' ? hashOfLines(sides.merge.text) : undefined;
  await deps.merges.begin(isInMergeEditor ? started : { ...started, editor: 'text', markedText });
  if (isInMergeEditor) return;
  if (sides.merge.kind === 'conflict') await showMarkers(uri);
  else await showMerged(deps, document);
}

/** The file is the local version, without unsaved changes, and no editor shows the merge: the editor was closed unsaved. */
async function isUnbegun(uri: vscode.Uri, merge: RecordedMerge): Promise<boolean> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open?.isDirty !== true && mergeEditorTabs(uri).length === 0 && (await isMineAgain(uri, merge));
}

/**
 * Opens the merge editor on the local version, and lets it merge. False if the editor cannot do this.
 * Invariant: the file on the disk remains the local version until the user saves. The merge editor saves the text that it
 * is opened with, so a text with conflict markers would be on the disk, where other programs read it.
 */
async function startInMergeEditor(
  { mergeEditor }: MergeDeps,
  owner: SyncedFolder,
  merge: RecordedMerge,
  document: vscode.TextDocument,
): Promise<boolean> {
  if (!(await openMergeEditor(mergeEditor, owner, merge))) return false;
  try {
    await autoMerge(mergeEditor, document);
    return true;
  } catch {
    await vscode.window.tabGroups.close(mergeEditorTabs(document.uri), true);
    return false;
  }
}

/**
 * Repeats the command until it works: the command that opens the merge editor does not wait for it. Throws if it never does:
 * the editor would show the local version as the result, and no conflict.
 */
async function autoMerge(mergeEditor: MergeEditor, document: vscode.TextDocument): Promise<void> {
  const mine = document.getText();
  const end = Date.now() + autoMergeMs;
  // The document is opened each time: it is another one if the merge editor took the place of the only editor with it.
  while ((await vscode.workspace.openTextDocument(document.uri)).getText() === mine) {
    if (Date.now() > end) throw new Error('the merge editor did not merge');
    await mergeEditor.autoMerge();
    await delay(autoMergePauseMs);
  }
}

function activeMerge({ folder, sync }: SyncedFolder, path: string, sides: MergeSides): RecordedMerge {
  return {
    folder: folder.uri.toString(),
    server: sync.state.binding?.server ?? '',
    tree: sync.state.binding?.tree ?? '',
    path,
    revision: sides.revision,
    theirs: sha256(sides.theirs),
    ancestor: sides.ancestor,
    mineCopy: sides.mineCopy,
    editor: sides.merge.kind === 'conflict' ? 'merge' : 'text',
  };
}

async function show({ mergeEditor, merges }: MergeDeps, owner: SyncedFolder, merge: RecordedMerge): Promise<void> {
  const isInMergeEditor = await openMergeEditor(mergeEditor, owner, merge);
  if (!isInMergeEditor) await showMarkers(vscode.Uri.joinPath(owner.folder.uri, ...merge.path.split('/')));
  const editor = isInMergeEditor ? 'merge' : 'text';
  // It may have ended while the editor was opened.
  if (merges.find(owner, merge.path) !== undefined) await merges.begin({ ...merge, editor });
}

/** Accepts the merge as VS Code's own button does. Unlike a save, that says that the result is complete. */
export async function completeMerge({ mergeWatch }: MergeDeps): Promise<void> {
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  const uri = activeTab && resultOf(activeTab);
  const accept = () => vscode.commands.executeCommand('mergeEditor.acceptMerge');
  if (uri === undefined) await accept();
  else await mergeWatch.complete(uri, accept);
}

/** Offers to save the file: the merge starts from the disk, and would lose unsaved changes. Throws cancelled. */
async function offerToSaveFirst(uri: vscode.Uri): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty !== true) return;
  const message = vscode.l10n.t('{0} has unsaved changes.', nameOf(uri.path));
  const detail = vscode.l10n.t('The merge starts from the saved file.');
  const save = vscode.l10n.t('Save and Merge');
  const answer = await showModal('warning', message, detail, save);
  if (answer === undefined || !(await open.save())) throw new PalmtreeError('cancelled', 'there are unsaved changes');
}

/** The merge is UTF-8, so the editor must not save it in an encoding that the settings guess. Throws not_mergeable. */
async function openAsUtf8(uri: vscode.Uri, path: string): Promise<vscode.TextDocument> {
  try {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.encoding.startsWith('utf8')) return document;
    return await vscode.workspace.openTextDocument(uri, { encoding: 'utf8' });
  } catch (cause) {
    throw new PalmtreeError('not_mergeable', `${path} does not open as a text`, { details: { paths: [path] }, cause });
  }
}

/**
 * Throws changed_meanwhile.
 * Invariant: the document still has the text that was merged; text typed since then would be in no copy.
 */
function requireUnchanged(document: vscode.TextDocument, { mine, path }: MergeSides): void {
  if (!document.isDirty && sameLines(document.getText(), new TextDecoder().decode(mine))) return;
  throw new PalmtreeError('changed_meanwhile', `${path} was changed meanwhile`, { details: { paths: [path] } });
}

/** Puts the merged text into the editor, where it can be undone. Throws changed_meanwhile. */
async function replaceText(document: vscode.TextDocument, sides: MergeSides): Promise<void> {
  const { merge, path } = sides;
  requireUnchanged(document, sides);
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, document.validateRange(whole), withoutBom(merge.text));
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`the editor of ${path} rejected the merge`);
}

/** Shows a merge as a text with conflict markers. */
async function showMarkers(uri: vscode.Uri): Promise<void> {
  await vscode.window.showTextDocument(uri, { preview: false });
  showInStatusBar(vscode.l10n.t('Resolve each conflict, then save.'), 10_000);
}

/** Shows a merge without conflicts: the user has to check and save it. */
async function showMerged({ mergeWatch }: MergeDeps, document: vscode.TextDocument): Promise<void> {
  await vscode.window.showTextDocument(document, { preview: false });
  if (document.isDirty) {
    showInStatusBar(vscode.l10n.t('Merged without conflicts. Check the result and save.'), 10_000);
  } else {
    await mergeWatch.check(document);
  }
}

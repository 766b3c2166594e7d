import * as vscode from 'vscode';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { MergeSides } from '../../sync/conflicts/startMerge';
import { openMergeEditor, resultOf, type MergeEditor } from './mergeEditor';
import { isMergeCurrent, type MergeInEditor, type ActiveMerges } from '../workspace/activeMerges';
import { sameLines, withoutMark } from './mergeText';
import type { MergeWatch } from './mergeWatch';
import { pickedOrActive, resolvePicked } from '../views/pickedPaths';
import { withProgress } from '../shared/notify';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface MergeDeps {
  readonly folders: WorkspaceFolders;
  readonly merges: ActiveMerges;
  readonly mergeWatch: MergeWatch;
  readonly mergeEditor: MergeEditor;
}

/** Merges the picked conflicts, each in VS Code's merge editor. */
export async function merge(parts: MergeDeps, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(parts.folders, pickedOrActive(uri, uris))) {
    for (const path of paths) await mergeOne(parts, owner, path);
  }
}

async function mergeOne(parts: MergeDeps, owner: SyncedFolder, path: string): Promise<void> {
  const begun = parts.merges.find(owner, path);
  if (begun !== undefined && isMergeCurrent(owner, begun)) {
    await show(parts, owner, begun);
    return;
  }
  if (begun !== undefined) await parts.merges.end(owner, [path]);
  const uri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
  await saveFirst(uri);
  const document = await openAsUtf8(uri, path);
  if (hasConflictMarkers(document.getText())) {
    await vscode.window.showTextDocument(document);
    throw new PalmtreeError('conflict_markers', `a merge of ${path} is not finished`, { details: { paths: [path] } });
  }
  const sides = await withProgress('Palmtree: Merge', (reporter) => owner.sync.startMerge(reporter, path));
  await putText(document, sides);
  const isConflict = sides.merge.kind === 'conflict';
  const begunNow: MergeInEditor = {
    folder: owner.folder.uri.toString(),
    server: owner.sync.state.binding?.server ?? '',
    tree: owner.sync.state.binding?.tree ?? '',
    path,
    revision: sides.revision,
    theirs: sha256(sides.theirs),
    ancestor: sides.ancestor,
    mineCopy: sides.mineCopy,
    editor: isConflict ? 'merge' : 'text',
  };
  // Not before the text stands there: mine that is saved again is no merge.
  await parts.merges.begin(begunNow);
  if (isConflict) await show(parts, owner, begunNow);
  else await showMerged(parts, document);
}

async function show({ mergeEditor, merges }: MergeDeps, owner: SyncedFolder, merge: MergeInEditor): Promise<void> {
  const editor = await openMergeEditor(mergeEditor, owner, merge);
  // It may have ended while the editor was opened.
  if (merges.find(owner, merge.path) !== undefined) await merges.begin({ ...merge, editor });
}

/** What VS Code's button does, and a save does not say: that the merge is decided as it stands. */
export async function completeMerge({ mergeWatch }: MergeDeps): Promise<void> {
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  const uri = activeTab && resultOf(activeTab);
  const accept = () => vscode.commands.executeCommand('mergeEditor.acceptMerge');
  if (uri === undefined) await accept();
  else await mergeWatch.completing(uri, accept);
}

/** What was typed since would be lost in the merge: what is on disk is what is merged. */
async function saveFirst(uri: vscode.Uri): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty !== true) return;
  const save = 'Save and Merge';
  const name = uri.path.split('/').at(-1);
  const detail = 'The merge begins with what is saved.';
  const message = `${name} has unsaved edits.`;
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, save);
  if (answer === undefined || !(await open.save())) throw new PalmtreeError('cancelled', 'unsaved edits');
}

/** The merge is made of UTF-8, so the editor must not write it in the encoding that the settings guess. */
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
 * Puts the merged text into the editor, where it can be undone.
 * Invariant: the document is still what was merged; what was typed meanwhile is in no copy.
 */
async function putText(document: vscode.TextDocument, { mine, merge: { text }, path }: MergeSides): Promise<void> {
  if (document.isDirty || !sameLines(document.getText(), new TextDecoder().decode(mine))) {
    throw new PalmtreeError('changed_meanwhile', `${path} was changed meanwhile`, { details: { paths: [path] } });
  }
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, document.validateRange(whole), withoutMark(text));
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`the editor of ${path} took no merge`);
}

/** Both sides' changes are in the text: what is left is to look at it and to save it. */
async function showMerged({ mergeWatch }: MergeDeps, document: vscode.TextDocument): Promise<void> {
  await vscode.window.showTextDocument(document, { preview: false });
  if (document.isDirty) {
    const text = 'Palmtree: merged, and no changes met. Look at it and save it.';
    void vscode.window.setStatusBarMessage(text, 10_000);
  } else {
    await mergeWatch.follow(document);
  }
}

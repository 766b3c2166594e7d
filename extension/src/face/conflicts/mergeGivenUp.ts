import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { plural } from '../figures';
import type { MergeInEditor } from './mergesBegun';
import { withoutMark } from './mergeText';

/** Says that merges are not finished. Throws cancelled unless what was there before is to come back. */
export async function confirmGivingUp(merges: readonly MergeInEditor[]): Promise<void> {
  const [first] = merges;
  const what = merges.length === 1 ? `the merge of ${first?.path}` : `the merges of ${plural(merges.length, 'file')}`;
  const action = 'Give Up the Merge';
  const detail = 'What was here before the merge is put back first. What was merged so far is lost.';
  const message = `Give up ${what}?`;
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer === undefined) throw new PalmtreeError('cancelled', 'the merge is not given up');
}

/** Puts what was here before the merge back, in the editor and on disk. */
export async function giveUp({ folder, path, mineCopy }: MergeInEditor): Promise<void> {
  const mine = await vscode.workspace.fs.readFile(vscode.Uri.file(mineCopy));
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(vscode.Uri.parse(folder), path));
  const edit = new vscode.WorkspaceEdit();
  const whole = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  edit.replace(document.uri, whole, withoutMark(new TextDecoder().decode(mine)));
  if (!(await vscode.workspace.applyEdit(edit)) || !(await document.save())) {
    throw new PalmtreeError('keeps_changing', `${path} could not be put back`, { details: { paths: [path] } });
  }
}

import * as vscode from 'vscode';
import { hasNothingOfTheirs, mayBeUnresolved } from '../../core/merge/unresolvedMerge';
import { isMergeCurrent, type RecordedMerge } from '../workspace/activeMerges';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { mergeDocuments } from './mergeEditor';
import { sameLines } from './editorText';

/** The reason to doubt that a text without markers is a complete merge. */
export type MergeConcern = 'as mine' | 'as synced' | 'without theirs' | 'not compared';

export function concernMessage(concern: MergeConcern, path: string): string {
  switch (concern) {
    case 'as mine':
      return vscode.l10n.t("The merged file {0} contains none of the server's changes. Keep it?", path);
    case 'as synced':
      return vscode.l10n.t("{0} contains neither your changes nor the server's.", path);
    case 'without theirs':
      return vscode.l10n.t("{0} contains none of the server's changes. Is the merge complete?", path);
    case 'not compared':
      return vscode.l10n.t("{0} can't be compared with the server's version now. Is the merge complete?", path);
  }
}

/** Compares a text with both sides of its merge. If a side has changed since, finishing the merge reports it. */
export async function mergeConcern(
  owner: SyncedFolder,
  merge: RecordedMerge,
  text: string,
  log: vscode.LogOutputChannel,
): Promise<MergeConcern | undefined> {
  const documents = mergeDocuments(owner, merge);
  try {
    const mine = await vscode.workspace.fs.readFile(documents.mine);
    if (sameLines(text, new TextDecoder().decode(mine))) return 'as mine';
    if (!isMergeCurrent(owner, merge)) return undefined;
    const base = await vscode.workspace.fs.readFile(documents.base);
    const theirs = await vscode.workspace.fs.readFile(documents.theirs);
    const sides = { base, mine, theirs };
    if (merge.editor === 'merge' && mayBeUnresolved(sides, text)) return 'as synced';
    return hasNothingOfTheirs(sides, text) ? 'without theirs' : undefined;
  } catch (error) {
    log.warn(`${merge.path}: the sides of the merge cannot be read again: ${String(error)}`);
    return 'not compared';
  }
}

/** Whether the file equals the local version before the merge, byte for byte. */
export async function isMineAgain(uri: vscode.Uri, { mineCopy }: RecordedMerge): Promise<boolean> {
  const [current, mine] = await Promise.all([
    vscode.workspace.fs.readFile(uri),
    vscode.workspace.fs.readFile(vscode.Uri.file(mineCopy)),
  ]);
  return Buffer.from(current).equals(mine);
}

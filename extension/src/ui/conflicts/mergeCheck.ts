import * as vscode from 'vscode';
import { hasNothingOfTheirs, mayBeUnresolved } from '../../core/merge/unresolvedMerge';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { mergeDocuments } from './mergeEditor';
import { isMergeCurrent, type MergeInEditor } from '../workspace/activeMerges';
import { sameLines } from './mergeText';

/** Why a text without markers may be no merge. */
export type MergeConcern = 'as mine' | 'as synced' | 'without theirs' | 'not compared';

export const questions: Readonly<Record<MergeConcern, (path: string) => string>> = {
  'as mine': (path) => `${path} stands as it was before the merge, without what the server has. Is it to stay so?`,
  'as synced': (path) => `Neither your change nor the server's is in ${path}.`,
  'without theirs': (path) => `nothing that the server changed is in ${path}. Is its merge done?`,
  'not compared': (path) => `what the server has cannot be compared with ${path} now. Is its merge done?`,
};

/** Looks at the sides of a merge again. What was made of other sides than there are now is for its end to refuse. */
export async function mergeConcern(
  owner: SyncedFolder,
  merge: MergeInEditor,
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
    log.warn(`${merge.path}: what was merged cannot be read again: ${String(error)}`);
    return merge.editor === 'merge' ? 'as synced' : 'not compared';
  }
}

/** Whether what stood there before the merge stands there again, byte for byte. */
export async function isMineAgain(uri: vscode.Uri, { mineCopy }: MergeInEditor): Promise<boolean> {
  const [here, mine] = await Promise.all([
    vscode.workspace.fs.readFile(uri),
    vscode.workspace.fs.readFile(vscode.Uri.file(mineCopy)),
  ]);
  return Buffer.from(here).equals(mine);
}

import * as vscode from 'vscode';
import { serverDocument, syncedDocument } from '../documents/serverDocuments';
import type { RecordedMerge } from '../workspace/activeMerges';
import { withoutLinks } from '../../messages/plainText';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The input of VS Code's merge editor: the three sides, and the file that becomes the result. */
interface MergeEditorInput {
  readonly base: vscode.Uri;
  readonly input1: { readonly uri: vscode.Uri; readonly title: string; readonly description?: string };
  readonly input2: { readonly uri: vscode.Uri; readonly title: string; readonly description?: string };
  readonly output: vscode.Uri;
}

/** Each function rejects if VS Code cannot do it. */
export interface MergeEditor {
  readonly open: (input: MergeEditorInput) => Promise<void>;
  /** Replaces the result in the active merge editor by the merge of both sides; conflicts are left for the user. */
  readonly autoMerge: () => Promise<void>;
}

/** Uses internal commands of VS Code, as its git extension does. They may be removed one day. */
export const builtInMergeEditor: MergeEditor = {
  open: async (input) => {
    await vscode.commands.executeCommand('_open.mergeEditor', input);
  },
  autoMerge: async () => {
    await vscode.commands.executeCommand('mergeEditor.resetResultToBaseAndAutoMerge');
  },
};

const refuse = () => Promise.reject(new Error('there is no merge editor'));
export const noMergeEditor: MergeEditor = { open: refuse, autoMerge: refuse };

export interface MergeDocuments {
  readonly base: vscode.Uri;
  readonly mine: vscode.Uri;
  readonly theirs: vscode.Uri;
}

export function mergeDocuments(owner: SyncedFolder, merge: RecordedMerge): MergeDocuments {
  const { path, revision, mineCopy } = merge;
  // If both sides added the file, its base is empty, as every file is in revision 0.
  const hasBase = owner.sync.history.ancestorHash(path) !== undefined;
  return {
    base: hasBase ? syncedDocument(owner, path) : serverDocument(owner, path, 0),
    mine: vscode.Uri.file(mineCopy),
    theirs: serverDocument(owner, path, revision),
  };
}

/** Shows a merge in the merge editor; false if that is not possible. */
export async function openMergeEditor(
  editor: MergeEditor,
  owner: SyncedFolder,
  merge: RecordedMerge,
): Promise<boolean> {
  const output = vscode.Uri.joinPath(owner.folder.uri, ...merge.path.split('/'));
  const { base, mine, theirs } = mergeDocuments(owner, merge);
  try {
    // The merge editor would stay empty if it could not read a side. The markers contain all three.
    for (const side of [base, mine, theirs]) await vscode.workspace.fs.stat(side);
    const description = await versionDescription(owner, merge);
    await editor.open({
      base,
      input1: { uri: theirs, title: vscode.l10n.t('Server'), description },
      input2: { uri: mine, title: vscode.l10n.t('Mine'), description: vscode.l10n.t('this machine') },
      output,
    });
    return true;
  } catch {
    return false;
  }
}

/** `r7 by laptop`, or only `r7` if the server cannot be asked. */
async function versionDescription({ sync }: SyncedFolder, { path, revision }: RecordedMerge): Promise<string> {
  const author = (await sync.history.versionAt(path, revision).catch(() => undefined))?.author;
  return author === undefined ? `r${revision}` : withoutLinks(vscode.l10n.t('r{0} by {1}', revision, author));
}

/** The open merge editors of a file. */
export function mergeEditorTabs(file: vscode.Uri): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter((tab) => resultOf(tab)?.toString() === file.toString());
}

/** The open text editors of a file. */
export function textTabs(file: vscode.Uri): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === file.toString());
}

/** The result file of a merge editor's tab. VS Code's types do not include this kind of input yet. */
export function resultOf({ input }: vscode.Tab): vscode.Uri | undefined {
  const isMerge = typeof input === 'object' && input !== null && 'result' in input;
  return isMerge && input.result instanceof vscode.Uri ? input.result : undefined;
}

import * as vscode from 'vscode';
import type { MergeInEditor } from '../workspace/activeMerges';
import { syncedDocument, serverDocument } from '../documents/serverDocuments';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The three sides and the file that becomes the result, as VS Code's merge editor takes them. */
export interface MergeEditorInput {
  readonly base: vscode.Uri;
  readonly input1: { readonly uri: vscode.Uri; readonly title: string; readonly description?: string };
  readonly input2: { readonly uri: vscode.Uri; readonly title: string; readonly description?: string };
  readonly output: vscode.Uri;
}

/** Opens a merge editor; rejects where there is none. */
export type MergeEditor = (input: MergeEditorInput) => Promise<void>;

/** An internal command of VS Code, which its git extension uses too: it may go one day. */
export const builtInMergeEditor: MergeEditor = async (input) => {
  await vscode.commands.executeCommand('_open.mergeEditor', input);
};

export const noMergeEditor: MergeEditor = () => Promise.reject(new Error('there is no merge editor'));

export interface MergeDocuments {
  readonly base: vscode.Uri;
  readonly mine: vscode.Uri;
  readonly theirs: vscode.Uri;
}

export function mergeDocuments(owner: SyncedFolder, merge: MergeInEditor): MergeDocuments {
  const { path, revision, mineCopy } = merge;
  // In revision 0 everything is empty: both made the file.
  const hasBase = owner.sync.ancestorHash(path) !== undefined;
  return {
    base: hasBase ? syncedDocument(owner, path) : serverDocument(owner, path, 0),
    mine: vscode.Uri.file(mineCopy),
    theirs: serverDocument(owner, path, revision),
  };
}

/** Shows a merge that was begun; where there is no merge editor, the file with its markers as a text. */
export async function openMergeEditor(
  editor: MergeEditor,
  owner: SyncedFolder,
  merge: MergeInEditor,
): Promise<MergeInEditor['editor']> {
  const output = vscode.Uri.joinPath(owner.folder.uri, ...merge.path.split('/'));
  const { base, mine, theirs } = mergeDocuments(owner, merge);
  try {
    // What cannot be read would leave the editor empty: then the markers show all three.
    for (const side of [base, mine, theirs]) await vscode.workspace.fs.stat(side);
    await editor({
      base,
      input1: { uri: theirs, title: 'Server', description: await versionDescription(owner, merge) },
      input2: { uri: mine, title: 'Mine', description: 'this machine' },
      output,
    });
    return 'merge';
  } catch {
    await vscode.window.showTextDocument(output, { preview: false });
    const text = 'Palmtree: choose at each mark what is to stay, then save.';
    void vscode.window.setStatusBarMessage(text, 10_000);
    return 'text';
  }
}

/** Which version it is, and whose, as far as the server can be asked. */
async function versionDescription({ sync }: SyncedFolder, { path, revision }: MergeInEditor): Promise<string> {
  const newest = await sync.history(path, revision + 1).catch(() => undefined);
  const author = newest?.versions[0]?.author;
  return author === undefined ? `r${revision}` : `r${revision} by ${author}`;
}

/** The merge editors of a file. */
export function mergeEditorTabs(file: vscode.Uri): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter((tab) => resultOf(tab)?.toString() === file.toString());
}

/** The file that a tab merges into. VS Code's API does not tell of this kind of tab yet, but it has one. */
export function resultOf({ input }: vscode.Tab): vscode.Uri | undefined {
  const isMerge = typeof input === 'object' && input !== null && 'result' in input;
  return isMerge && input.result instanceof vscode.Uri ? input.result : undefined;
}

import * as vscode from 'vscode';
import { serverScheme } from '../shared/ids';
import { fileOfDocument } from './serverDocuments';

/** The file on disk that the active tab shows, or shows a version of. */
export function shownFile(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = shownUri(input);
  return uri?.scheme === serverScheme ? fileOfDocument(uri) : uri?.scheme === 'file' ? uri : undefined;
}

function shownUri(input: unknown): vscode.Uri | undefined {
  if (input instanceof vscode.TabInputTextDiff || input instanceof vscode.TabInputNotebookDiff) return input.modified;
  if (
    input instanceof vscode.TabInputText ||
    input instanceof vscode.TabInputCustom ||
    input instanceof vscode.TabInputNotebook
  ) {
    return input.uri;
  }
  return undefined;
}

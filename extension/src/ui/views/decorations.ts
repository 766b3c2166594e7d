import * as vscode from 'vscode';
import type { PathState } from '../../core/status/pathState';
import { plainLine } from '../../messages/plainText';
import { pendingWords } from '../../messages/pendingWords';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { presentations, reasonMessage, statusPresentation } from './statusPresentation';

/** The scheme of a path in the tree view. It has the decorations of Palmtree only, and keeps those of git away. */
const rowScheme = 'palmtree-tracked';

/** The URI that a row of the tree view has for a file or folder. */
export function rowUri(file: vscode.Uri): vscode.Uri {
  return file.with({ scheme: rowScheme });
}

/** Decorates paths that are not in sync, and the folders that contain some, in the Explorer and in the tree view. */
export function registerDecorations(folders: WorkspaceFolders): vscode.Disposable {
  const changed = new vscode.EventEmitter<undefined>();
  let shown: readonly ReadonlyMap<string, unknown>[] = [];
  const subscription = folders.onDidChange(() => {
    const current = folders.all.map(({ sync }) => sync.pathStates);
    // Most events are progress reports, which change no path's state.
    if (current.length === shown.length && current.every((states, index) => states === shown[index])) return;
    shown = current;
    changed.fire(undefined);
  });
  const provider = vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration(uri) {
      const file = uri.scheme === rowScheme ? uri.with({ scheme: 'file' }) : uri;
      const owner = folders.folderOf(file);
      const path = owner && relativePath(owner.folder, file);
      if (owner === undefined || path === undefined) return undefined;
      const state = owner.sync.pathStates.get(path);
      return state === undefined ? folderDecoration(owner, path) : pathDecoration(owner, path, state);
    },
  });
  return vscode.Disposable.from(changed, subscription, provider);
}

function pathDecoration({ sync }: SyncedFolder, path: string, state: PathState): vscode.FileDecoration {
  const { badge, tooltip, color } = statusPresentation(sync, path, state);
  const detail = reasonMessage(sync, path, state) ?? tooltip;
  return new vscode.FileDecoration(badge, `Palmtree: ${plainLine(detail)}`, new vscode.ThemeColor(color));
}

/**
 * A dot in the colour of the most urgent state. VS Code can mark the folders above a decorated file by itself, but only
 * once the file's row was drawn, and in the colour of any of the files.
 */
function folderDecoration({ sync }: SyncedFolder, path: string): vscode.FileDecoration | undefined {
  const summary = sync.folderSummaries.get(path);
  if (summary === undefined) return undefined;
  const { color } = presentations[summary.state];
  const tooltip = `Palmtree: ${pendingWords(summary.pending).join(' · ')}`;
  return new vscode.FileDecoration('•', tooltip, new vscode.ThemeColor(color));
}

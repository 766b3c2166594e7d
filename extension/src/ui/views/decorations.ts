import * as vscode from 'vscode';
import { changedPaths } from '../../core/status/changedPaths';
import type { PathState, PathStates } from '../../core/status/pathState';
import { plainLine } from '../../messages/plainText';
import { pendingWords } from '../../messages/pendingWords';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { presentations, reasonMessage, statusPresentation } from './statusPresentation';

/** The scheme of a path in the tree view. It has the decorations of Palmtree only, and keeps those of git away. */
const rowScheme = 'palmtree-tracked';

/** More states take longer to compare than a frame. */
const maxCompared = 5_000;
/** VS Code leaves out some of more than 250 URIs in one event. */
const maxFired = 250;

/** The URI that a row of the tree view has for a file or folder. */
export function rowUri(file: vscode.Uri): vscode.Uri {
  return file.with({ scheme: rowScheme });
}

/** Decorates paths that are not in sync, and the folders that contain some, in the Explorer and in the tree view. */
export function registerDecorations(folders: WorkspaceFolders): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  let shown: ReadonlyMap<SyncedFolder, PathStates['states']> = new Map();
  const subscription = folders.onDidChange(() => {
    const current = new Map(folders.all.map((owner) => [owner, owner.sync.pathStates]));
    const others = [...current].filter(([owner, states]) => states !== shown.get(owner));
    // Most events are progress reports, which change no path's state.
    if (others.length === 0 && current.size === shown.size) return;
    const isSameFolders = current.size === shown.size && [...current.keys()].every((owner) => shown.has(owner));
    const uris = isSameFolders ? changedUris(others, shown) : undefined;
    shown = current;
    if (uris?.length !== 0) changed.fire(uris);
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

/**
 * The changed paths and the folders above them, in the Explorer and in the tree view. Undefined for all: VS Code then asks
 * for each row on the screen, and rows flicker.
 */
function changedUris(
  changed: readonly (readonly [SyncedFolder, PathStates['states']])[],
  before: ReadonlyMap<SyncedFolder, PathStates['states']>,
): vscode.Uri[] | undefined {
  const uris: vscode.Uri[] = [];
  for (const [owner, states] of changed) {
    const paths = changedPaths(before.get(owner) ?? new Map(), states, maxCompared);
    if (paths === undefined || paths.size > maxFired) return undefined;
    for (const path of paths) {
      const uri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
      uris.push(uri, rowUri(uri));
    }
  }
  return uris.length > maxFired ? undefined : uris;
}

function pathDecoration({ sync }: SyncedFolder, path: string, state: PathState): vscode.FileDecoration {
  const { badge, tooltip, color } = statusPresentation(sync, path, state);
  const detail = reasonMessage(sync, path, state) ?? tooltip;
  return new vscode.FileDecoration(badge, `Palmtree: ${plainLine(detail)}`, new vscode.ThemeColor(color));
}

/**
 * A dot in the color of the most urgent state. VS Code can mark the folders above a decorated file by itself, but only
 * once the file's row was drawn, and in the color of any of the files.
 */
function folderDecoration({ sync }: SyncedFolder, path: string): vscode.FileDecoration | undefined {
  const summary = sync.folderSummaries.get(path);
  if (summary === undefined) return undefined;
  const { color } = presentations[summary.state];
  const tooltip = `Palmtree: ${pendingWords(summary.pending).join(' · ')}`;
  return new vscode.FileDecoration('•', tooltip, new vscode.ThemeColor(color));
}

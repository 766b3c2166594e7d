import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { sourceControlOwner } from '../workspace/sourceControlOwner';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import type { Row } from './trackedView';

/**
 * The files in the arguments that a menu, a view or another extension passes: `(uri, uris)`, `(row, rows)`, or the
 * resource states of the Source Control view, `(state, state, …)`. A source control and a group in it stand for their
 * folder.
 */
export function pickedUris(...args: readonly unknown[]): vscode.Uri[] {
  const [, many] = args;
  const picked = Array.isArray(many) && many.length > 0 ? (many as unknown[]) : args;
  return picked.flatMap((item) => {
    if (item instanceof vscode.Uri) return [item];
    if (isRow(item)) return [vscode.Uri.joinPath(item.owner.folder.uri, item.node?.path ?? '')];
    if (isResourceState(item)) return [item.resourceUri];
    const owner = sourceControlOwner(item);
    return owner === undefined ? [] : [owner.folder.uri];
  });
}

function isResourceState(item: unknown): item is vscode.SourceControlResourceState {
  return typeof item === 'object' && item !== null && 'resourceUri' in item && item.resourceUri instanceof vscode.Uri;
}

function isRow(item: unknown): item is Row {
  return typeof item === 'object' && item !== null && 'owner' in item && 'node' in item;
}

/** Groups files by workspace folder, as paths relative to it. Throws not_in_folder. */
export async function resolvePicked(
  folders: WorkspaceFolders,
  uris: readonly vscode.Uri[],
): Promise<Map<SyncedFolder, string[]>> {
  const byFolder = new Map<SyncedFolder, string[]>();
  for (const uri of uris) {
    const found = await folders.find(uri);
    const path = relativePath(found.folder, uri);
    if (path === undefined) {
      throw new PalmtreeError('not_in_folder', `${uri.fsPath} is not in the folder`, {
        details: { paths: [uri.fsPath] },
      });
    }
    byFolder.set(found, [...(byFolder.get(found) ?? []), path]);
  }
  return byFolder;
}

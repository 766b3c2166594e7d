import * as vscode from 'vscode';
import { serverScheme } from './ids';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** Shows a file as it stands in a revision on the server, for comparing. */
export function registerServerDocuments(folders: WorkspaceFolders): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(serverScheme, {
    async provideTextDocumentContent(uri) {
      const query = new URLSearchParams(uri.query);
      const owner = folders.all.find(({ folder }) => folder.uri.toString() === query.get('folder'));
      if (owner === undefined) return '';
      const content = await owner.sync.serverContent(uri.path.slice(1), Number(query.get('revision')));
      return new TextDecoder().decode(content);
    },
  });
}

/** Where the text of `path` in `revision` is found. The path comes last, so that its ending tells the language. */
export function serverDocument({ folder }: SyncedFolder, path: string, revision: number): vscode.Uri {
  const query = new URLSearchParams({ folder: folder.uri.toString(), revision: String(revision) });
  return vscode.Uri.from({ scheme: serverScheme, path: `/${path}`, query: query.toString() });
}

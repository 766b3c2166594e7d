import * as vscode from 'vscode';
import { PalmtreeError } from '../errors';
import type { Choice } from '../session/resolve';
import { unsavedPaths } from './confirm';
import { plural } from './figures';
import { pickedOrActive, resolvePicked } from './picked';
import { withReporter } from './run';
import { serverDocument } from './serverDocuments';
import { heldBackWords } from './words';
import type { WorkspaceFolders } from './workspaceFolders';

/** Opens VS Code's diff editor: what the server has on the left, what is here on the right. */
export async function compare(folders: WorkspaceFolders, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(folders, pickedOrActive(uri, uris))) {
    const revision = owner.sync.knownRevision;
    for (const path of paths) {
      const here = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
      const isHere = owner.sync.isOnDisk(path);
      const theirs = serverDocument(owner, path, revision);
      // What was deleted here is compared with nothing, which no revision holds at 0.
      const mine = isHere ? here : serverDocument(owner, path, 0);
      const name = path.split('/').at(-1) ?? path;
      await vscode.commands.executeCommand('vscode.diff', theirs, mine, `${name} (server r${revision} ↔ here)`);
    }
  }
}

const sentences: Readonly<Record<Choice, string>> = {
  mine: 'kept as it is here; push to send it',
  theirs: 'taken from the server; what was here is in the backup',
  both: 'kept in both versions; push to send them',
};

/** Decides the picked conflicts. */
export async function decide(
  folders: WorkspaceFolders,
  log: vscode.LogOutputChannel,
  choice: Choice,
  uri: unknown,
  uris: unknown,
): Promise<void> {
  for (const [{ folder, sync }, paths] of await resolvePicked(folders, pickedOrActive(uri, uris))) {
    const result = await withReporter('Palmtree: Resolve', (reporter) =>
      sync.resolve(reporter, { paths, choice }, { isUnsaved: (path) => unsavedPaths(folder).has(path) }),
    );
    const [held] = result.heldBack;
    if (held !== undefined) {
      void vscode.window.showWarningMessage(`Palmtree: ${held.path} ${heldBackWords(held)}.`);
    } else if (result.resolved.length === 0) {
      throw new PalmtreeError('no_conflict', 'no conflict at what was picked', { details: { paths } });
    } else {
      const what = result.resolved.length === 1 ? result.resolved[0] : plural(result.resolved.length, 'file');
      log.info(`${folder.name}: ${result.resolved.join(', ')} ${sentences[choice]}`);
      void vscode.window.setStatusBarMessage(`Palmtree: ${what} ${sentences[choice]}`, 8_000);
    }
  }
}

import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import { parseServerUrl } from '../../io/api/serverAddress';
import { plainLine } from '../../messages/plainText';
import { fileOfDocument, revisionOfDocument, serverDocument } from '../documents/serverDocuments';
import { linkedVersion, versionLink, type LinkedVersion } from '../documents/versionLink';
import { commandIds, extensionId, serverScheme } from '../shared/ids';
import { showInStatusBar, showModal, showNotification } from '../shared/notification';
import { showError } from '../shared/notify';
import type { PathPicker } from '../views/pathPicker';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { isVersionRow } from './rows';

export interface LinkDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
}

/** Copies a link to the version in a row or a document, else to the last synced version of the picked file. */
export async function copyVersionLink(deps: LinkDeps, ...args: readonly unknown[]): Promise<void> {
  const { owner, path, revision, isChanged } = await linkTarget(deps, args);
  const { binding } = owner.sync.state;
  if (binding === undefined) throw new PalmtreeError('not_connected', 'the folder is not connected');
  const { path: kind, query } = versionLink({ ...binding, path, revision });
  const link = vscode.Uri.from({ scheme: vscode.env.uriScheme, authority: extensionId, path: kind, query });
  await vscode.env.clipboard.writeText(link.toString());
  showInStatusBar(
    isChanged
      ? vscode.l10n.t('link to r{0} of {1} copied, without your unpushed changes', revision, nameOf(path))
      : vscode.l10n.t('link to r{0} of {1} copied', revision, nameOf(path)),
    8_000,
  );
}

interface LinkTarget {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly revision: number;
  /** The local file has changed since. */
  readonly isChanged: boolean;
}

async function linkTarget({ folders, picker }: LinkDeps, args: readonly unknown[]): Promise<LinkTarget> {
  const [first] = args;
  if (isVersionRow(first)) return { ...first.version, isChanged: false };
  if (first instanceof vscode.Uri && first.scheme === serverScheme) {
    const file = fileOfDocument(first);
    const owner = file && folders.folderOf(file);
    const path = owner && file && relativePath(owner.folder, file);
    const revision = revisionOfDocument(first);
    if (owner === undefined || path === undefined)
      throw new PalmtreeError('not_connected', 'no folder has this version');
    if (revision !== undefined) return { owner, path, revision, isChanged: false };
    return syncedVersion(owner, path);
  }
  const [owner, path] = await picker.pickOne('file', vscode.l10n.t('Palmtree: Copy Link to This Version'), ...args);
  return syncedVersion(owner, path);
}

/** The last synced version of a file. Throws not_in_revision. */
function syncedVersion(owner: SyncedFolder, path: string): LinkTarget {
  const { sync } = owner;
  const { revision } = sync.state;
  if (sync.history.ancestorEntry(path) === undefined) {
    throw new PalmtreeError('not_in_revision', `${path} was never synced`, {
      details: { paths: [path], subject: String(revision) },
    });
  }
  return { owner, path, revision, isChanged: sync.pathStates.has(path) };
}

/** Opens the versions that links name. Anybody can have made a link, so it does nothing else. */
export function registerVersionLinks(folders: WorkspaceFolders, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.window.registerUriHandler({
    handleUri: async (uri) => {
      try {
        await openLink(folders, uri);
      } catch (error) {
        await showError(error, log);
      }
    },
  });
}

async function openLink(folders: WorkspaceFolders, uri: vscode.Uri): Promise<void> {
  const version = linkedVersion(uri);
  if (version === undefined) {
    await showNotification('warning', vscode.l10n.t('Palmtree: This link does not name a version of a file.'));
    return;
  }
  const all = await folders.opened();
  const owner = all.find((each) => isOf(each, version));
  if (owner === undefined) return offerToConnect(version, all.length > 0);
  const { path, revision } = version;
  const label = vscode.l10n.t('{0} (r{1})', nameOf(path), revision);
  await vscode.commands.executeCommand('vscode.open', serverDocument(owner, path, revision), { preview: true }, label);
}

function isOf({ sync: { isConnected, state } }: SyncedFolder, { server, tree }: LinkedVersion): boolean {
  const { binding } = state;
  return isConnected && binding?.tree === tree && addressOf(binding.server) === addressOf(server);
}

function addressOf(server: string): string {
  return parseServerUrl(server).href.replace(/\/+$/, '');
}

/**
 * Invariant: a link fills in no address, or it would choose the server that a token is sent to. Nor can its text pass for
 * lines of the question.
 */
async function offerToConnect({ server, tree, path, revision }: LinkedVersion, hasFolder: boolean): Promise<void> {
  const question = vscode.l10n.t('No open folder is connected to the tree of this link.');
  const detail = [
    vscode.l10n.t('Server: {0}', plainLine(server)),
    vscode.l10n.t('Tree: {0}', tree),
    vscode.l10n.t('File: {0}, revision {1}', plainLine(path), revision),
    '',
    vscode.l10n.t('Connect only to a server that you know, then open the link again.'),
  ].join('\n');
  const connect = vscode.l10n.t('Connect…');
  const buttons = hasFolder ? [connect] : [];
  if ((await showModal('information', question, detail, ...buttons)) !== connect) return;
  await vscode.commands.executeCommand(commandIds.connect);
}

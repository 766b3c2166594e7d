import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { Client } from '../../io/client';
import { probeRsync } from '../../io/rsyncProbe';
import { transfer } from '../../io/transfer';
import type { Remote } from '../../session/remote';
import { checkTreeName, isUnencrypted, parseServerUrl, suggestTreeName, withScheme } from './serverAddress';
import type { Credentials } from './credentials';
import { showError } from '../run';
import { section, setting } from '../settings';
import type { SyncTerminal } from '../terminal';
import type { SyncedFolder } from '../workspaceFolders';

export interface ConnectArguments {
  readonly url: string;
  readonly token: string;
  readonly tree: string;
}

/** Binds folders to trees: by the settings and secrets there are, or by asking. */
export class FolderConnection {
  readonly #credentials: Credentials;
  readonly #terminal: SyncTerminal;
  readonly #log: vscode.LogOutputChannel;

  constructor(credentials: Credentials, terminal: SyncTerminal, log: vscode.LogOutputChannel) {
    this.#credentials = credentials;
    this.#terminal = terminal;
    this.#log = log;
  }

  /** Binds the folder as its settings say; without an address, a tree or a token it stays unconnected. */
  async restore({ folder, sync }: Pick<SyncedFolder, 'folder' | 'sync'>): Promise<void> {
    const tree = setting('tree', folder.uri);
    const address = setting('serverUrl', folder.uri) || this.#credentials.environmentUrl || '';
    try {
      if (tree === '' || address === '') return await sync.bind(undefined, undefined);
      const url = parseServerUrl(address);
      const token = await this.#credentials.token(url.origin);
      if (token === undefined) return await sync.bind(undefined, undefined);
      await sync.bind(this.#remote(url, token, checkTreeName(tree)), { server: url.href.replace(/\/+$/, ''), tree });
    } catch (error) {
      await sync.bind(undefined, undefined);
      // The settings name no server or tree: the user has to know which.
      void showError(error, this.#log);
    }
  }

  /** Checks the address and the token, makes the tree when it is new, and remembers them. */
  async connect(target: SyncedFolder, given?: ConnectArguments): Promise<void> {
    const { folder } = target;
    const { url, token, tree } = given ?? (await this.#ask(folder));
    const parsed = parseServerUrl(url);
    if (given !== undefined && isUnencrypted(parsed)) {
      throw new PalmtreeError('insecure_url', 'the connection is not encrypted', {
        details: { subject: parsed.origin },
      });
    }
    const client = new Client(url.trim(), token);
    await client.whoami();
    await client.makeTree(checkTreeName(tree));
    await this.#credentials.store(parsed.origin, token);
    const configuration = vscode.workspace.getConfiguration(section, folder.uri);
    const place = vscode.ConfigurationTarget.WorkspaceFolder;
    // Each of these is followed at once: no step may bind the folder to the new server's old tree.
    await configuration.update('tree', undefined, place);
    await configuration.update('serverUrl', url.trim(), place);
    await configuration.update('tree', tree, place);
    await this.restore(target);
  }

  /** Unbinds the folder, and forgets the token unless another folder uses it. Files stay as they are. */
  async disconnect(target: SyncedFolder, others: readonly SyncedFolder[]): Promise<void> {
    const origin = originOf(target);
    const isShared = others.some((other) => other !== target && other.sync.isConnected && originOf(other) === origin);
    if (origin !== undefined && !isShared) await this.#credentials.forget(origin);
    const configuration = vscode.workspace.getConfiguration(section, target.folder.uri);
    await configuration.update('tree', undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    await target.sync.bind(undefined, undefined);
  }

  #remote(url: URL, token: string, tree: string): Remote {
    const client = new Client(url.href, token);
    return {
      client,
      tree,
      findRsync: async () => {
        const command = setting('rsyncPath');
        const version = await probeRsync(command);
        this.#log.debug(`${command} is version ${version}`);
        return command;
      },
      openScreen: (title, isQuiet) => this.#terminal.open(title, isQuiet),
      transfer,
    };
  }

  async #ask(folder: vscode.WorkspaceFolder): Promise<ConnectArguments> {
    const url = await askForUrl(setting('serverUrl', folder.uri) || this.#credentials.environmentUrl || '');
    const known = await this.#credentials.token(url.origin);
    const token = await askForToken(url, known);
    const client = new Client(url.href, token);
    await client.whoami();
    const { trees } = await client.trees();
    return { url: url.href.replace(/\/$/, ''), token, tree: await askForTree(folder, trees) };
  }
}

function originOf({ sync }: SyncedFolder): string | undefined {
  const server = sync.state.binding?.server;
  return server === undefined ? undefined : new URL(server).origin;
}

async function askForUrl(value: string): Promise<URL> {
  const text = await vscode.window.showInputBox({
    title: 'Palmtree: Connect (1/3)',
    prompt: 'Address of your palmtree-server',
    placeHolder: 'https://sync.example.org',
    value,
    ignoreFocusOut: true,
    validateInput: (typed) => {
      try {
        parseServerUrl(withScheme(typed));
        return undefined;
      } catch {
        return typed.trim() === '' ? undefined : 'An address looks like https://sync.example.org';
      }
    },
  });
  const url = parseServerUrl(withScheme(given(text)));
  if (isUnencrypted(url)) {
    const proceed = 'Connect Anyway';
    const detail = 'The token and the files could be read on the way. Over anything but your own network, use https.';
    const options = { modal: true, detail };
    const answer = await vscode.window.showWarningMessage(`${url.host} is not encrypted.`, options, proceed);
    if (answer !== proceed) throw new PalmtreeError('cancelled', 'the address was not accepted');
  }
  return url;
}

async function askForToken(url: URL, known: string | undefined): Promise<string> {
  const text = await vscode.window.showInputBox({
    title: 'Palmtree: Connect (2/3)',
    prompt: `Token for ${url.host}${known === undefined ? '' : ' (leave empty to keep the one that is stored)'}`,
    placeHolder: 'made on the server by: palmtree-server token create NAME',
    password: true,
    ignoreFocusOut: true,
  });
  if (text === undefined) throw new PalmtreeError('cancelled', 'no token was given');
  return given(text.trim() || known);
}

async function askForTree(
  folder: vscode.WorkspaceFolder,
  trees: readonly { name: string; revision: number }[],
): Promise<string> {
  const create = { label: '$(add) New tree…', description: '' };
  const known = trees.map(({ name, revision }) => ({ label: name, description: `revision ${revision}` }));
  if (known.length > 0) {
    const picked = await vscode.window.showQuickPick([...known, create], {
      title: 'Palmtree: Connect (3/3)',
      placeHolder: 'Which tree on the server should this folder be kept in step with?',
      ignoreFocusOut: true,
    });
    if (picked === undefined) throw new PalmtreeError('cancelled', 'no tree was picked');
    if (picked !== create) return picked.label;
  }
  const name = await vscode.window.showInputBox({
    title: 'Palmtree: Connect (3/3)',
    prompt: 'Name of the new tree on the server',
    value: setting('tree', folder.uri) || suggestTreeName(folder.name),
    ignoreFocusOut: true,
  });
  return checkTreeName(given(name).trim());
}

function given(text: string | undefined): string {
  if (text === undefined || text === '') throw new PalmtreeError('cancelled', 'the input was left');
  return text;
}

import { join } from 'node:path';
import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { Client } from '../../io/api/client';
import { probeRsync } from '../../io/rsync/rsyncProbe';
import { openQuestions } from '../../io/ssh/openQuestions';
import { SshConnections } from '../../io/ssh/sshConnections';
import { Packer } from '../../io/packs/packer';
import { transfer } from '../../io/transferFiles';
import type { Carrier } from '../../io/transfer/transferRequest';
import type { ServerBinding, TransferScreen } from '../../sync/ports/serverBinding';
import { askForSsh } from './askForSsh';
import { sshAccess, type Credentials } from './credentials';
import { askForAddress, askForToken, askForTree, signIn, type SignedIn } from './questions';
import { accessKey, checkTreeName, isUnencrypted, parseServerUrl, suggestTreeName } from '../../io/api/serverAddress';
import { isSshAddress } from '../../io/api/sshAddress';
import { back } from './textBox';
import { showError } from '../shared/notify';
import { withProgress } from '../shared/withProgress';
import { section } from '../shared/ids';
import { httpInsteadMessage } from '../../messages/rsyncMessage';
import { isSetByOthers, setting } from '../shared/settings';
import type { SyncTerminal } from '../views/terminal';
import type { FolderBinder, SyncedFolder } from '../workspace/workspaceFolders';

export interface ConnectArguments {
  readonly url: string;
  readonly token: string;
  readonly tree: string;
}

/** Binds folders to trees, as the settings and secrets say or as the user answers. */
export class FolderConnection implements FolderBinder, vscode.Disposable {
  readonly #ssh: SshConnections;
  /** The commands of the user that are running. */
  #waitingCommands = 0;
  readonly #credentials: Credentials;
  readonly #terminal: SyncTerminal;
  readonly #log: vscode.LogOutputChannel;
  readonly #dist: string;
  /** The rsync command that was probed in this window and works. */
  #probedRsync: string | undefined;
  /** The reason, as it was shown last, why files travel over HTTP. */
  #carrierText = '';
  /** The address that the user typed last, even if connecting was cancelled later. */
  #lastAddress = '';

  /** `dist` is the folder of the bundled scripts. */
  constructor(credentials: Credentials, terminal: SyncTerminal, log: vscode.LogOutputChannel, dist: string) {
    this.#credentials = credentials;
    this.#terminal = terminal;
    this.#log = log;
    this.#dist = dist;
    this.#ssh = new SshConnections({
      // ssh of Windows runs no script to ask.
      areQuestionsWelcome: () => process.platform !== 'win32' && this.#waitingCommands > 0,
      openQuestions: (address) => openQuestions(join(dist, 'askpass.js'), (question) => askForSsh(question, address)),
    });
  }

  /** Lets ssh ask the user while `work` runs, which the user has started. */
  async whileUserWaits<T>(work: () => Promise<T>): Promise<T> {
    this.#waitingCommands++;
    try {
      return await work();
    } finally {
      this.#waitingCommands--;
    }
  }

  dispose(): void {
    this.#ssh.close();
  }

  /** Binds the folder as its settings say. Without an address, a tree or a token it stays unconnected. */
  async restore(target: SyncedFolder): Promise<void> {
    const { folder, sync } = target;
    // A settings file that is synced binds no folder: the binding that the user has made on this machine stays.
    const bound = sync.state.binding;
    if (bound !== undefined && isSetByOthers('tree', folder.uri)) {
      return this.#bind(target, { address: bound.server, tree: bound.tree });
    }
    const isForeign = bound !== undefined && isSetByOthers('serverUrl', folder.uri);
    const address = isForeign ? bound.server : setting('serverUrl', folder.uri);
    return this.#bind(target, { address, tree: setting('tree', folder.uri) });
  }

  async #bind({ sync }: SyncedFolder, wanted: { readonly address: string; readonly tree: string }): Promise<void> {
    const { tree } = wanted;
    const address = wanted.address || this.#credentials.environmentUrl || '';
    try {
      if (tree === '' || address === '') return await sync.bind(undefined, undefined);
      const url = parseServerUrl(address);
      const token = await this.#credentials.token(accessKey(url));
      if (token === undefined) return await sync.bind(undefined, undefined);
      await sync.bind(this.#serverBinding(url, token, checkTreeName(tree)), { server: addressOf(url), tree });
    } catch (error) {
      await sync.bind(undefined, undefined);
      // The address or the tree in the settings is invalid, and only the user can correct it.
      void showError(error, this.#log);
    }
  }

  /** Checks the address and the token, creates the tree if it is new, and stores all three. */
  async connect(target: SyncedFolder, args?: ConnectArguments): Promise<void> {
    const { folder } = target;
    const { url, token, tree } = args ?? (await this.#askUser(folder));
    const parsed = parseServerUrl(url);
    if (args !== undefined && isUnencrypted(parsed)) {
      throw new PalmtreeError('insecure_url', 'the connection is not encrypted', {
        details: { subject: parsed.origin },
      });
    }
    const client = new Client(url.trim(), token, this.#ssh.optionsFor(parsed.href));
    await client.whoami();
    await client.makeTree(checkTreeName(tree));
    await this.#credentials.store(accessKey(parsed), isSshAddress(url) ? sshAccess : token);
    const configuration = vscode.workspace.getConfiguration(section, folder.uri);
    const scope = vscode.ConfigurationTarget.WorkspaceFolder;
    // Each update takes effect at once. None may bind the folder to the old tree's name on the new server.
    await configuration.update('tree', undefined, scope);
    await configuration.update('serverUrl', url.trim(), scope);
    await configuration.update('tree', tree, scope);
    await this.#bind(target, { address: url.trim(), tree });
  }

  /** Unbinds the folder and forgets the token, unless another folder uses it. The files stay. */
  async disconnect(target: SyncedFolder, others: readonly SyncedFolder[]): Promise<void> {
    const key = accessKeyOf(target);
    const isShared = others.some((other) => other !== target && other.sync.isConnected && accessKeyOf(other) === key);
    if (key !== undefined && !isShared) await this.#credentials.forget(key);
    const configuration = vscode.workspace.getConfiguration(section, target.folder.uri);
    await configuration.update('tree', undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    await target.sync.bind(undefined, undefined);
  }

  #serverBinding(url: URL, token: string, tree: string): ServerBinding {
    const client = new Client(url.href, token, this.#ssh.optionsFor(url.href));
    return {
      client,
      tree,
      findRsync: async () => {
        const command = setting('rsyncPath');
        if (this.#probedRsync === command) return command;
        const version = await probeRsync(command);
        this.#log.debug(`${command} is version ${version}`);
        this.#probedRsync = command;
        return command;
      },
      transport: () => setting('transport'),
      openScreen: (title, isQuiet) => {
        const screen = this.#terminal.open(title, isQuiet);
        return { ...screen, carrier: (carrier) => this.#noteCarrier(carrier, screen) };
      },
      transfer: async (request) => {
        try {
          return await transfer(request);
        } catch (error) {
          // rsync may have been replaced or removed since.
          this.#probedRsync = undefined;
          throw error;
        }
      },
      openPacker: () => new Packer(join(this.#dist, 'packWorker.js')),
    };
  }

  /** Says once in a window why HTTP is used. */
  #noteCarrier(carrier: Carrier, screen: TransferScreen): void {
    const text = carrier.kind === 'http' && carrier.instead !== undefined ? httpInsteadMessage(carrier.instead) : '';
    if (text !== '' && text !== this.#carrierText) {
      this.#log.info(text);
      screen.write(`${text}\n`);
    }
    this.#carrierText = text;
  }

  async #askUser(folder: vscode.WorkspaceFolder): Promise<ConnectArguments> {
    const credentials = this.#credentials;
    let address = setting('serverUrl', folder.uri) || this.#lastAddress || credentials.environmentUrl || '';
    for (;;) {
      const url = await askForAddress(address);
      address = addressOf(url);
      this.#lastAddress = address;
      const stored = await credentials.token(accessKey(url));
      const options = this.#ssh.optionsFor(url.href);
      for (;;) {
        const isSsh = options.connection !== undefined;
        const signedIn = isSsh ? await signInBySsh(new Client(address, '', options)) : await askForToken(url, stored);
        if (signedIn === back) break;
        const tree = await askForTree(signedIn, setting('tree', folder.uri) || suggestTreeName(folder.name));
        if (tree !== back) return { url: address, token: signedIn.token, tree };
        if (isSsh) break;
      }
    }
  }
}

/** ssh asks for what it needs. */
function signInBySsh(client: Client): Promise<SignedIn> {
  const title = vscode.l10n.t('Palmtree: Connect to Server');
  return withProgress(title, (reporter) => {
    reporter.step({ kind: 'awaitingServer' });
    return signIn(client, '', reporter.signal);
  });
}

function addressOf(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

function accessKeyOf({ sync }: SyncedFolder): string | undefined {
  const server = sync.state.binding?.server;
  return server === undefined ? undefined : accessKey(new URL(server));
}

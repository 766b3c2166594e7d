import * as vscode from 'vscode';

/** As much of the API of VS Code's git extension as is used here. */
interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: vscode.Event<unknown>;
  readonly repositories: readonly { readonly rootUri: vscode.Uri }[];
  readonly onDidOpenRepository: vscode.Event<unknown>;
  readonly onDidCloseRepository: vscode.Event<unknown>;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** Git may never be ready, in a folder on a slow disk for example. */
const timeoutMs = 10_000;

/** The repositories that VS Code's git extension has open. */
export class GitRepositories {
  readonly #api: GitApi | undefined;

  private constructor(api: GitApi | undefined) {
    this.#api = api;
  }

  /** Resolves when git has found the repositories of the workspace, or is absent or off. */
  static async find(): Promise<GitRepositories> {
    const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
    if (extension === undefined) return new GitRepositories(undefined);
    const timeout = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), timeoutMs).unref());
    return new GitRepositories(await Promise.race([timeout, readyApi(extension).catch(() => undefined)]));
  }

  /** Whether a repository contains the folder, or is in it. */
  includes(folder: vscode.Uri): boolean {
    return this.#api?.repositories.some(({ rootUri }) => isIn(rootUri, folder) || isIn(folder, rootUri)) === true;
  }

  onDidChange(listener: () => void): vscode.Disposable {
    const api = this.#api;
    if (api === undefined) return new vscode.Disposable(() => undefined);
    return vscode.Disposable.from(api.onDidOpenRepository(listener), api.onDidCloseRepository(listener));
  }
}

async function readyApi(extension: vscode.Extension<GitExtension>): Promise<GitApi | undefined> {
  const git = await extension.activate();
  if (!git.enabled) return undefined;
  const api = git.getAPI(1);
  if (api.state === 'initialized') return api;
  return new Promise<GitApi>((resolve) => {
    const subscription = api.onDidChangeState(() => {
      subscription.dispose();
      resolve(api);
    });
  });
}

function isIn(uri: vscode.Uri, folder: vscode.Uri): boolean {
  return `${uri.path}/`.startsWith(`${folder.path}/`);
}

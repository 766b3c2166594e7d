import type * as vscode from 'vscode';
import { accessKey, withScheme } from '../../io/api/serverAddress';
import { isSshAddress } from '../../io/api/sshAddress';

/** Stands for a token, where ssh proves who the user is. */
export const sshAccess = 'ssh';

/**
 * Tokens by the server's `accessKey`, so that a workspace that names another server never gets this server's token. A server
 * that is reached by ssh needs none; what is stored for it says that the user has connected to it.
 */
export class Credentials {
  readonly #secrets: vscode.SecretStorage;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(secrets: vscode.SecretStorage, environment: NodeJS.ProcessEnv) {
    this.#secrets = secrets;
    this.#environment = environment;
  }

  /** The server in `PALMTREE_SERVER_URL`, for containers that are set up from outside. */
  get environmentUrl(): string | undefined {
    return withScheme(this.#environment['PALMTREE_SERVER_URL'] ?? '') || undefined;
  }

  async token(key: string): Promise<string | undefined> {
    return (await this.#secrets.get(secretName(key))) ?? this.#environmentToken(key);
  }

  store(key: string, token: string): Thenable<void> {
    return this.#secrets.store(secretName(key), token);
  }

  forget(key: string): Thenable<void> {
    return this.#secrets.delete(secretName(key));
  }

  #environmentToken(key: string): string | undefined {
    const url = this.environmentUrl;
    if (url === undefined || !URL.canParse(url) || accessKey(new URL(url)) !== key) return undefined;
    return isSshAddress(url) ? sshAccess : this.#environment['PALMTREE_TOKEN'] || undefined;
  }
}

function secretName(key: string): string {
  return `palmtree.token:${key}`;
}

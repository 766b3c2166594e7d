import type * as vscode from 'vscode';

/** Tokens by server origin, so that a workspace that names another server never gets this server's token. */
export class Credentials {
  readonly #secrets: vscode.SecretStorage;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(secrets: vscode.SecretStorage, environment: NodeJS.ProcessEnv) {
    this.#secrets = secrets;
    this.#environment = environment;
  }

  /** The server in `PALMTREE_SERVER_URL`, for containers that are set up from outside. */
  get environmentUrl(): string | undefined {
    return this.#environment['PALMTREE_SERVER_URL'] || undefined;
  }

  async token(origin: string): Promise<string | undefined> {
    return (await this.#secrets.get(key(origin))) ?? this.#environmentToken(origin);
  }

  store(origin: string, token: string): Thenable<void> {
    return this.#secrets.store(key(origin), token);
  }

  forget(origin: string): Thenable<void> {
    return this.#secrets.delete(key(origin));
  }

  #environmentToken(origin: string): string | undefined {
    const url = this.environmentUrl;
    if (url === undefined || !URL.canParse(url) || new URL(url).origin !== origin) return undefined;
    return this.#environment['PALMTREE_TOKEN'] || undefined;
  }
}

function key(origin: string): string {
  return `palmtree.token:${origin}`;
}

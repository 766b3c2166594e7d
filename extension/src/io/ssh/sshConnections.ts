import { hostname } from 'node:os';
import type { ClientOptions } from '../api/client';
import { isSshAddress, parseSshAddress } from '../api/sshAddress';
import { SshConnection } from './sshConnection';
import type { SshQuestions } from './sshQuestion';

export interface SshConnectionsDeps {
  /** Whether the user waits for a connection, and can be asked. */
  areQuestionsWelcome(): boolean;
  /** Opens a way for the ssh to that address to ask the user. */
  openQuestions(address: string): Promise<SshQuestions>;
}

/** The ssh connections of this process: one for each server, which all folders share. */
export class SshConnections {
  readonly #deps: SshConnectionsDeps;
  readonly #connections = new Map<string, SshConnection>();

  constructor(deps: SshConnectionsDeps) {
    this.#deps = deps;
  }

  /** The options of a client for this address. Throws invalid_url. */
  optionsFor(address: string): ClientOptions {
    return isSshAddress(address) ? { connection: this.#connectionTo(address) } : {};
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connectionTo(text: string): SshConnection {
    const address = parseSshAddress(text);
    const existing = this.#connections.get(address.href);
    if (existing !== undefined) return existing;
    const deps = this.#deps;
    const questions = {
      get areWelcome() {
        return deps.areQuestionsWelcome();
      },
      open: () => deps.openQuestions(address.href),
    };
    const connection = new SshConnection(address, { name: hostname(), questions });
    this.#connections.set(address.href, connection);
    return connection;
  }
}

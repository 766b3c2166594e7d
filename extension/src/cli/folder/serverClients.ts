import { hostname } from 'node:os';
import { Client } from '../../io/api/client';
import { isSshAddress, parseSshAddress } from '../../io/api/sshAddress';
import { SshConnection } from '../../io/ssh/sshConnection';
import type { SshQuestions } from '../../io/ssh/sshQuestion';
import type { Output } from '../terminal/output';
import { canAsk } from '../terminal/questions';

/** The clients of one call of a command, with the ssh connections that they share. */
export class ServerClients {
  readonly #out: Output;
  readonly #connections = new Map<string, SshConnection>();

  constructor(out: Output) {
    this.#out = out;
  }

  /** A client of the server at this address; with ssh, `token` is not used. Throws invalid_url. */
  open(address: string, token: string): Client {
    return new Client(address, token, isSshAddress(address) ? { connection: this.#connectionTo(address) } : {});
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connectionTo(text: string): SshConnection {
    const address = parseSshAddress(text);
    const existing = this.#connections.get(address.href);
    if (existing !== undefined) return existing;
    const questions = { areWelcome: canAsk(), open: () => Promise.resolve(this.#onTerminal()) };
    const connection = new SshConnection(address, { name: hostname(), questions });
    this.#connections.set(address.href, connection);
    return connection;
  }

  /** ssh asks on the terminal by itself, which must not have a status line meanwhile. */
  #onTerminal(): SshQuestions {
    this.#out.idle();
    return { environment: {}, wasCancelled: false, idleMs: () => 0, close: () => undefined };
  }
}

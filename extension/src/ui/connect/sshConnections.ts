import { hostname } from 'node:os';
import { isSshAddress, parseSshAddress } from '../../io/api/sshAddress';
import type { ClientOptions } from '../../io/api/client';
import { openQuestions } from '../../io/ssh/openQuestions';
import { SshConnection } from '../../io/ssh/sshConnection';
import type { SshQuestion } from '../../io/ssh/sshQuestion';

/** Asks the user a question of the ssh to that address. Resolves with undefined if the user gives no answer. */
type AskFor = (question: SshQuestion, address: string) => Promise<string | undefined>;

/** The ssh connections of this window: one for each server, which its folders share. */
export class SshConnections {
  readonly #connections = new Map<string, SshConnection>();
  readonly #askpass: string;
  readonly #ask: AskFor;
  #waitingCommands = 0;

  /** `askpass` is the bundled program that passes the questions of ssh on to `ask`. */
  constructor(askpass: string, ask: AskFor) {
    this.#askpass = askpass;
    this.#ask = ask;
  }

  /** The options of a client for this address. Throws invalid_url. */
  optionsFor(url: URL): ClientOptions {
    return isSshAddress(url.href) ? { connection: this.#connectionTo(url.href) } : {};
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
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #connectionTo(href: string): SshConnection {
    const address = parseSshAddress(href);
    const existing = this.#connections.get(address.href);
    if (existing !== undefined) return existing;
    const hasUser = (): boolean => this.#waitingCommands > 0;
    const questions = {
      get areWelcome() {
        // ssh of Windows runs no script to ask.
        return process.platform !== 'win32' && hasUser();
      },
      open: () => openQuestions(this.#askpass, (question) => this.#ask(question, address.href)),
    };
    const connection = new SshConnection(address, { name: hostname(), questions });
    this.#connections.set(address.href, connection);
    return connection;
  }
}

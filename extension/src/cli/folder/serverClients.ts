import { Client } from '../../io/api/client';
import { SshConnections } from '../../io/ssh/sshConnections';
import { terminalQuestions } from '../../io/ssh/terminalQuestions';
import type { Output } from '../terminal/output';
import { canAsk } from '../terminal/questions';

/** The clients of one call of a command, with the ssh connections that they share. */
export class ServerClients {
  readonly #ssh: SshConnections;

  constructor(out: Output) {
    this.#ssh = new SshConnections({
      areQuestionsWelcome: canAsk,
      openQuestions: () => Promise.resolve(terminalQuestions(out.pause())),
    });
  }

  /** A client of the server at this address; with ssh, `token` is not used. Throws invalid_url. */
  open(address: string, token: string): Client {
    return new Client(address, token, this.#ssh.optionsFor(address));
  }

  close(): void {
    this.#ssh.close();
  }
}

import type { RsyncSocket } from '../contract/frameSocket';

/** Pauses a socket as long as there is at least one reason. */
export class SocketGate {
  readonly #socket: Pick<RsyncSocket, 'pause' | 'resume'>;
  readonly #reasons = new Set<string>();

  constructor(socket: Pick<RsyncSocket, 'pause' | 'resume'>) {
    this.#socket = socket;
  }

  close(reason: string): void {
    this.#reasons.add(reason);
    this.#socket.pause();
  }

  open(reason: string): void {
    this.#reasons.delete(reason);
    if (this.#reasons.size === 0) this.#socket.resume();
  }
}

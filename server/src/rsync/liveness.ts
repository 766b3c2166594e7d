import type { WebSocket } from 'ws';

export interface LivenessLimits {
  /** Until rsync has authenticated its client. */
  readonly handshakeMs: number;
  /** Without a byte of payload either way. */
  readonly idleMs: number;
  readonly pingMs: number;
}

const authenticated = '@RSYNCD: OK\n';
const greetingChars = 8192;

/**
 * Tells when a connection is dead. rsync does not: its own --timeout is reset by keep-alives of a half-frozen
 * peer, and its daemon's handshake deadline does not apply over stdin.
 */
export class Liveness {
  readonly #timers: NodeJS.Timeout[];
  readonly #idle: NodeJS.Timeout;
  #greeting: string | undefined = '';
  #answered = true;

  constructor(socket: WebSocket, limits: LivenessLimits, onDead: (reason: string) => void) {
    const handshake = setTimeout(() => {
      if (this.#greeting !== undefined) onDead('rsync was not authenticated in time');
    }, limits.handshakeMs);
    this.#idle = setTimeout(() => onDead('no data for too long'), limits.idleMs);
    const ping = setInterval(() => {
      // While it is paused its pongs are not read; the idle limit holds all the same.
      if (!this.#answered && !socket.isPaused) return onDead('no answer to a ping');
      this.#answered = false;
      if (socket.readyState === socket.OPEN) socket.ping();
    }, limits.pingMs);
    socket.on('pong', () => (this.#answered = true));
    this.#timers = [handshake, this.#idle, ping];
  }

  sawBytes(direction: 'in' | 'out', bytes: Buffer): void {
    this.#idle.refresh();
    if (direction === 'in') this.#answered = true;
    else if (this.#greeting !== undefined) this.#readGreeting(bytes);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #readGreeting(bytes: Buffer): void {
    const seen = this.#greeting + bytes.toString('latin1', 0, greetingChars);
    this.#greeting = seen.includes(authenticated) ? undefined : seen.slice(-greetingChars);
  }
}

import { socketState, type RsyncSocket } from '../contract/frameSocket';

export interface LivenessLimits {
  /** The time for rsync to authenticate its client. */
  readonly handshakeMs: number;
  /** The time without a byte of payload in either direction. */
  readonly idleMs: number;
  /** The interval between pings, and the time for the response to one. */
  readonly pingMs: number;
}

const authenticated = '@RSYNCD: OK\n';
const handshakeChars = 8192;

/**
 * Calls `onDead` when a connection is dead. rsync does not detect that itself: keep-alives of a half-frozen peer reset
 * its --timeout, and its daemon has no handshake deadline on stdin.
 */
export class Liveness {
  readonly #timers: NodeJS.Timeout[];
  readonly #idle: NodeJS.Timeout;
  /** The end of rsync's output so far; undefined once rsync has authenticated its client. */
  #handshake: string | undefined = '';
  #hasPong = true;

  constructor(socket: RsyncSocket, limits: LivenessLimits, onDead: (reason: string) => void) {
    const handshakeTimer = setTimeout(() => {
      if (this.#handshake !== undefined) onDead('rsync was not authenticated in time');
    }, limits.handshakeMs);
    this.#idle = setTimeout(() => onDead('no data for too long'), limits.idleMs);
    const ping = setInterval(() => {
      // While the socket is paused its pongs are not read. The idle limit still applies.
      if (!this.#hasPong && !socket.isPaused) return onDead('no response to a ping');
      this.#hasPong = false;
      if (socket.readyState === socketState.open) socket.ping();
    }, limits.pingMs);
    socket.on('pong', () => (this.#hasPong = true));
    this.#timers = [handshakeTimer, this.#idle, ping];
  }

  onBytes(direction: 'in' | 'out', bytes: Buffer): void {
    this.#idle.refresh();
    if (direction === 'in') this.#hasPong = true;
    else if (this.#handshake !== undefined) this.#readHandshake(bytes);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #readHandshake(bytes: Buffer): void {
    const received = this.#handshake + bytes.toString('latin1', 0, handshakeChars);
    this.#handshake = received.includes(authenticated) ? undefined : received.slice(-handshakeChars);
  }
}

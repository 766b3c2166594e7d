import type { RsyncSocket } from '../contract/frameSocket';
import type { SocketGate } from './socketGate';

/** A client sends a ping every few seconds, and a pong for each ping of the server. */
const controlFrames = { burst: 100, perSecond: 2 };
/** Each small message costs as much work as a large one. rsync's own are few, and its data comes in large ones. */
const smallMessages = { burst: 50_000, perSecond: 20_000 };
const smallBytes = 512;

/**
 * Delays a client that sends its bytes in very many messages, and calls `onFlood` for one that sends far more pings and
 * pongs than it needs.
 */
export function limitFrames(socket: RsyncSocket, gate: SocketGate, onFlood: (reason: string) => void): void {
  const control = new Allowance(controlFrames);
  const small = new Allowance(smallMessages);
  const onControl = (): void => {
    if (control.take() < 0) onFlood('too many pings or pongs');
  };
  socket.on('ping', onControl);
  socket.on('pong', onControl);
  let timer: NodeJS.Timeout | undefined;
  socket.on('message', (message) => {
    if (message.length >= smallBytes) return;
    const left = small.take();
    if (left >= 0 || timer !== undefined) return;
    gate.close('frames');
    timer = setTimeout(
      () => {
        timer = undefined;
        gate.open('frames');
      },
      Math.ceil((-left / smallMessages.perSecond) * 1000),
    );
  });
  socket.on('close', () => clearTimeout(timer));
}

/** Grows with time up to `burst`. */
class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** Takes one, and returns how many are left; negative if there was none. */
  take(): number {
    const now = performance.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1000) - 1;
    this.#at = now;
    return this.#left;
  }
}

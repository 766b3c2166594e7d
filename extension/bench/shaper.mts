import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A link that delays by `delayMs` in each direction. All connections share `bitsPerSecond` in each direction. */
export interface Link {
  readonly delayMs: number;
  readonly bitsPerSecond: number;
}

/** The queue of a router: twice the bytes in transit. */
const maxQueuedBytes = 512 * 1024;

/**
 * A proxy on this machine that puts a port behind a slow link. It delays data, but not the packets of a TCP handshake,
 * so opening a connection is faster than over a real link, for all tools alike.
 */
async function startShaper(target: () => number, link: Link): Promise<{ port: number; close: () => void }> {
  const up = new Direction(link);
  const down = new Direction(link);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target(), host: '127.0.0.1', noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    forward(near, far, up);
    forward(far, near, down);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One direction of the link. */
class Direction {
  readonly #link: Link;
  #freeAt = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Returns the time at which bytes that are sent now arrive. */
  arrivalTime(bytes: number): number {
    this.#freeAt = Math.max(performance.now(), this.#freeAt) + (bytes * 8_000) / this.#link.bitsPerSecond;
    return this.#freeAt + this.#link.delayMs;
  }
}

function forward(from: Socket, to: Socket, direction: Direction): void {
  const queue: { readonly at: number; readonly chunk: Buffer | undefined }[] = [];
  let queuedBytes = 0;
  let isScheduled = false;
  // One timer for the first chunk: with one per chunk, two could fire in the wrong order.
  const flush = (): void => {
    isScheduled = false;
    for (let [head] = queue; head !== undefined && head.at <= performance.now(); [head] = queue) {
      queue.shift();
      queuedBytes -= head.chunk?.length ?? 0;
      if (to.destroyed) continue;
      if (head.chunk === undefined) to.end();
      else to.write(head.chunk);
    }
    if (queuedBytes <= maxQueuedBytes && from.isPaused()) from.resume();
    schedule();
  };
  const schedule = (): void => {
    const [head] = queue;
    if (isScheduled || head === undefined) return;
    isScheduled = true;
    setTimeout(flush, Math.max(0, head.at - performance.now()));
  };
  const send = (chunk: Buffer | undefined): void => {
    queue.push({ at: direction.arrivalTime(chunk?.length ?? 0), chunk });
    queuedBytes += chunk?.length ?? 0;
    if (queuedBytes > maxQueuedBytes) from.pause();
    schedule();
  };
  from.on('data', send);
  from.on('end', () => send(undefined));
}

if (process.send !== undefined) {
  const { port, delayMs, bitsPerSecond } = JSON.parse(process.argv[2] ?? '{}') as Link & { port: number };
  const shaper = await startShaper(() => port, { delayMs, bitsPerSecond });
  process.send({ port: shaper.port });
  process.once('disconnect', () => process.exit());
}

import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A link of `delayMs` each way and `bitsPerSecond`, shared by all connections, in each direction. */
export interface Link {
  readonly delayMs: number;
  readonly bitsPerSecond: number;
}

/** What a router would hold for the link: twice what is on its way. */
const queueBytes = 512 * 1024;

/**
 * A proxy on this machine that makes a port look as if it were behind a slow link. It shapes what is carried,
 * not the packets of a hand-shake: opening a connection is faster than on a real one, for every contender alike.
 */
export async function startShaper(target: () => number, link: Link): Promise<{ port: number; close: () => void }> {
  const up = new Lane(link);
  const down = new Lane(link);
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
    carry(near, far, up);
    carry(far, near, down);
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

/** One direction: tells when what is sent now arrives. */
class Lane {
  readonly #link: Link;
  #freeAt = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  arrivalOf(bytes: number): number {
    this.#freeAt = Math.max(performance.now(), this.#freeAt) + (bytes * 8_000) / this.#link.bitsPerSecond;
    return this.#freeAt + this.#link.delayMs;
  }
}

function carry(from: Socket, to: Socket, lane: Lane): void {
  const queue: { readonly at: number; readonly chunk: Buffer | undefined }[] = [];
  let waiting = 0;
  let isTimed = false;
  // One timer for the queue's head: with one for each chunk, two could end in the wrong order.
  const flush = (): void => {
    isTimed = false;
    for (let [head] = queue; head !== undefined && head.at <= performance.now(); [head] = queue) {
      queue.shift();
      waiting -= head.chunk?.length ?? 0;
      if (to.destroyed) continue;
      if (head.chunk === undefined) to.end();
      else to.write(head.chunk);
    }
    if (waiting <= queueBytes && from.isPaused()) from.resume();
    schedule();
  };
  const schedule = (): void => {
    const [head] = queue;
    if (isTimed || head === undefined) return;
    isTimed = true;
    setTimeout(flush, Math.max(0, head.at - performance.now()));
  };
  const send = (chunk: Buffer | undefined): void => {
    queue.push({ at: lane.arrivalOf(chunk?.length ?? 0), chunk });
    waiting += chunk?.length ?? 0;
    if (waiting > queueBytes) from.pause();
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

import type { Context } from 'hono';
import { Slots } from '../concurrency/slots';
import type { AppEnv } from './appEnv';

/** A token's requests with longer bodies than this, in bytes, are read only a few at a time. */
const maxShortBytes = 64 << 10;
const maxAtOnce = 2;

/**
 * Bounds the memory for lists that are read: a body of 256 MiB takes twice as much. A request that waits is not read, so
 * its client waits too.
 */
export class LongRequests {
  readonly #slots = new Slots<number>(maxAtOnce);

  /** `work` reads the request's body and uses it. */
  run<T>({ req, get }: Context<AppEnv>, work: () => Promise<T>): Promise<T> {
    const isShort = Number(req.header('content-length') ?? Number.NaN) <= maxShortBytes;
    return isShort ? work() : this.#slots.run(get('token').id, work);
  }
}

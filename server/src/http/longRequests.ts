import type { Context } from 'hono';
import { Slots } from '../concurrency/slots';
import type { AppEnv } from './appEnv';

/** A token's requests with longer bodies than this, in bytes, are read only a few at a time. */
const maxShortBytes = 64 << 10;
const maxAtOnce = 2;
/** A short push may read all paths of its tree. */
const maxShortAtOnce = 32;

/**
 * Bounds the memory for lists that are read: a body of 256 MiB takes twice as much. A request that waits is not read, so
 * its client waits too.
 */
export class LongRequests {
  readonly #long = new Slots<number>(maxAtOnce);
  readonly #short = new Slots<number>(maxShortAtOnce);

  /** `work` reads the request's body and uses it. */
  run<T>({ req, get }: Context<AppEnv>, work: () => Promise<T>): Promise<T> {
    return this.runSized(get('token').id, Number(req.header('content-length') ?? Number.NaN), work);
  }

  /** `work` reads a list of `bytes`, NaN if the size is not known. */
  runSized<T>(tokenId: number, bytes: number, work: () => Promise<T>): Promise<T> {
    return (bytes <= maxShortBytes ? this.#short : this.#long).run(tokenId, work);
  }
}

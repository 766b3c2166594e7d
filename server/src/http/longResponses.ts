import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Slots } from '../concurrency/slots';
import type { AppEnv } from './appEnv';
import { clientSignal, connectionOf } from './clientGone';

/**
 * More than the machines and windows of one user request at a time. A response takes about a megabyte while it is sent,
 * and the time of a page in each turn of the event loop.
 */
const defaultMaxAtOnce = 32;

/** Bounds the memory and the time for long responses. A token's further requests wait until some of these are sent. */
export class LongResponses {
  readonly #slots: Slots<number>;

  constructor(maxAtOnce = defaultMaxAtOnce) {
    this.#slots = new Slots(maxAtOnce);
  }

  /** Resolves when the request may be worked on. Throws ClientGone. The slot is free again when the response has been sent. */
  async enter(context: Context<AppEnv>): Promise<void> {
    const connection = connectionOf(context);
    if (connection === undefined) return;
    const leave = await this.#slots.enter(context.get('token').id, clientSignal(context));
    if (connection.closed) leave();
    else connection.once('close', leave);
  }

  /** For a route whose response is never late, and so needs no heartbeats. */
  readonly middleware = createMiddleware<AppEnv>(async (context, next) => {
    await this.enter(context);
    await next();
  });
}

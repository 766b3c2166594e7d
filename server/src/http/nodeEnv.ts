import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { AppEnv } from './appEnv';

/**
 * The part of Hono's environment that the Node adapter sets. An upgrade to a WebSocket has no `outgoing`, and a request that did
 * not come over a network has neither.
 */
interface NodeEnv {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

export function nodeEnvOf({ env }: Context<AppEnv>): NodeEnv {
  return env ?? {};
}

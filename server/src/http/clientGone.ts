import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'hono';
import type { AppEnv } from './appEnv';

/** The part of Hono's environment that the Node adapter sets. An upgrade to a WebSocket has no `outgoing`. */
interface NodeEnv {
  readonly incoming?: { readonly socket: Socket };
  readonly outgoing?: ServerResponse;
}

/** Work was stopped because its client has closed the connection. */
class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** The connection of the request, and so of its response; undefined if the request did not come over a network. */
export function connectionOf({ env }: Context<AppEnv>): ServerResponse | Socket | undefined {
  const { incoming, outgoing } = (env ?? {}) as NodeEnv;
  return outgoing ?? incoming?.socket;
}

/** Whether `error` says no more than that the client has closed the connection, perhaps before the end of its request. */
export function isClientGone(error: unknown, context: Context<AppEnv>): boolean {
  if (error instanceof ClientGone) return true;
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return isClosed(context) && (code === 'ECONNRESET' || name === 'AbortError');
}

function isClosed(context: Context<AppEnv>): boolean {
  const connection = connectionOf(context);
  return connection !== undefined && (connection.closed || connection.destroyed);
}

/** Aborted with ClientGone when the client closes the connection before the response is complete. */
export function clientSignal(context: Context<AppEnv>): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new ClientGone('the client has closed the connection'));
  if (isClosed(context)) abort();
  else connectionOf(context)?.once('close', abort);
  return controller.signal;
}

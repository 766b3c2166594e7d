import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'hono';
import type { AppEnv } from './appEnv';
import { nodeEnvOf } from './nodeEnv';

/** Work was stopped because its client has closed the connection. */
class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** The connection of the request, and so of its response; undefined if the request did not come over a network. */
export function connectionOf(context: Context<AppEnv>): ServerResponse | Socket | undefined {
  const { incoming, outgoing } = nodeEnvOf(context);
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

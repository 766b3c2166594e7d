import { createMiddleware } from 'hono/factory';
import type { Logger } from 'pino';
import type { AppEnv } from './appEnv';

/** Invariant: headers and bodies are never logged, because they contain tokens and the passwords of sessions. */
export function requestLog(log: Logger, newId: () => string) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const started = performance.now();
    const requestId = newId();
    context.set('requestId', requestId);
    context.set('log', log.child({ requestId }));
    context.header('x-request-id', requestId);
    await next();
    const { method, path } = context.req;
    const ms = Math.round(performance.now() - started);
    // Undefined before authentication, although its type says otherwise.
    const token = (context.get('token') as AppEnv['Variables']['token'] | undefined)?.name;
    context.get('log').info({ method, path, status: context.res.status, ms, token }, 'request');
  });
}

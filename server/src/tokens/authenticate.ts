import type { ServerResponse } from 'node:http';
import { createMiddleware } from 'hono/factory';
import { treeName } from '../contract/schemas';
import { WireError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import type { Token } from '../token';
import { parse } from '../http/parse';
import type { TokenRepository } from './tokenRepository';
import type { TokenWatch } from './tokenWatch';

/** A response whose token is revoked while it is sent is cut, and so is a request whose body still arrives. */
export function authenticate(tokens: TokenRepository, watch: TokenWatch) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const secret = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (secret === undefined) throw new WireError('unauthorized', 'the request has no bearer token');
    const token = await tokens.findBySecret(secret);
    if (token === undefined) throw new WireError('unauthorized', 'the token is unknown or was revoked');
    context.set('token', token);
    // Undefined for a WebSocket, which ends with its rsync, and for a request that did not come over a network.
    const { outgoing } = (context.env ?? {}) as { readonly outgoing?: ServerResponse };
    if (outgoing !== undefined && !outgoing.closed) {
      const release = watch.endWithToken(token.id, () => outgoing.destroy());
      outgoing.once('close', release);
    }
    await next();
  });
}

/** Precedes every route of a tree. It does not query the database, so a limited token cannot probe for other trees. */
export const requireTreeScope = createMiddleware<AppEnv>(async (context, next) => {
  const tree = parse(treeName, context.req.param('tree'));
  if (!tokenAllows(context.get('token'), tree)) {
    throw new WireError('forbidden', `the token does not allow the tree ${tree}`);
  }
  await next();
});

export function tokenAllows(token: Token, tree: string): boolean {
  return token.trees === null || token.trees.includes(tree);
}

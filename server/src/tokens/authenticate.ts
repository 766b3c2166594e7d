import { createMiddleware } from 'hono/factory';
import { treeName } from '../contract/schemas';
import { WireError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import type { Token } from '../token';
import { parse } from '../http/parse';
import type { TokenRepository } from './tokenRepository';

export function authenticate(tokens: TokenRepository) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const secret = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (secret === undefined) throw new WireError('unauthorized', 'the request has no bearer token');
    const token = await tokens.findBySecret(secret);
    if (token === undefined) throw new WireError('unauthorized', 'the token is unknown or was revoked');
    context.set('token', token);
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

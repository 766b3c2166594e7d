import { createMiddleware } from 'hono/factory';
import type { AppEnv, Token } from '../http/appEnv';
import { parse } from '../http/parse';
import { WireError } from '../errors';
import { treeName } from '../contract/schemas';
import type { TokenRepository } from './tokenRepository';

export function authenticate(tokens: TokenRepository) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const secret = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (secret === undefined) throw new WireError('unauthorized', 'a bearer token is needed');
    const token = await tokens.findBySecret(secret);
    if (token === undefined) throw new WireError('unauthorized', 'the token is not known, or was revoked');
    context.set('token', token);
    await next();
  });
}

/** Stands before every route of a tree. It asks no database: a limited token learns of no other tree's existence. */
export const requireTreeScope = createMiddleware<AppEnv>(async (context, next) => {
  const tree = parse(treeName, context.req.param('tree'));
  if (!tokenAllows(context.get('token'), tree)) {
    throw new WireError('forbidden', `the token does not reach the tree ${tree}`);
  }
  await next();
});

export function tokenAllows(token: Token, tree: string): boolean {
  return token.trees === null || token.trees.includes(tree);
}

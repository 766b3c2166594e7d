import { createMiddleware } from 'hono/factory';
import { treeName } from '../contract/schemas';
import { WireError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import { nodeEnvOf } from '../http/nodeEnv';
import type { Token } from '../token';
import { parse } from '../http/parse';
import { limitedTo, type IdentifiedConnections } from './identifiedConnections';
import type { TokenRepository } from './tokenRepository';
import type { TokenWatch } from './tokenWatch';

interface AuthenticationServices {
  readonly tokens: TokenRepository;
  readonly tokenWatch: TokenWatch;
  readonly connections: IdentifiedConnections;
}

/**
 * Finds the token of a request by its secret, or by the connection that it came on.
 * A response whose token is revoked while it is sent is cut, and so is a request whose body still arrives.
 */
export function authenticate({ tokens, tokenWatch: watch, connections }: AuthenticationServices) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const { incoming, outgoing } = nodeEnvOf(context);
    const identity = incoming && connections.identityOf(incoming.socket);
    const secret = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (identity === undefined && secret === undefined) {
      throw new WireError('unauthorized', 'the request has no bearer token');
    }
    const token = identity === undefined ? await tokens.findBySecret(secret ?? '') : await tokens.findById(identity.id);
    if (token === undefined) throw new WireError('unauthorized', 'the token is unknown or was revoked');
    context.set('token', identity === undefined ? token : limitedTo(token, identity));
    // A WebSocket has no response: `RsyncRuns` ends it.
    if (outgoing !== undefined && !outgoing.closed) {
      const release = watch.endWithToken(token.id, () => outgoing.destroy());
      outgoing.once('close', release);
    }
    await next();
  });
}

/** Knows what became of trees. */
interface TreeFates {
  fateOf(name: string): Promise<{ readonly renamedTo: string } | 'deleted' | undefined>;
}

/**
 * Precedes every route of a tree. To a limited token, it tells nothing of other trees: not whether they exist, and a new name
 * only if the token allows that. A tree can be made under a former name.
 */
export function requireTreeScope(trees: TreeFates) {
  return createMiddleware<AppEnv>(async (context, next) => {
    const name = parse(treeName, context.req.param('tree'));
    const token = context.get('token');
    const isAllowed = tokenAllows(token, name);
    if (context.req.method !== 'PUT') {
      const fate = await trees.fateOf(name);
      if (fate === 'deleted' && isAllowed) {
        throw new WireError('tree_deleted', `the tree ${name} was deleted on the server`);
      }
      if (typeof fate === 'object' && tokenAllows(token, fate.renamedTo)) {
        throw new WireError('tree_renamed', `the tree ${name} was renamed to ${fate.renamedTo}`, {
          name: fate.renamedTo,
        });
      }
    }
    if (!isAllowed) throw new WireError('forbidden', `the token does not allow the tree ${name}`);
    if (token.readOnly && !isReading(context.req.method, context.req.path)) throw readOnlyError();
    await next();
  });
}

/** Creating a tree that exists changes nothing. The route knows whether it does. */
function isReading(method: string, path: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return /^\/v1\/trees\/[^/]+\/pulls(\/|$)/.test(path) || (method === 'PUT' && /^\/v1\/trees\/[^/]+\/?$/.test(path));
}

export function readOnlyError(): WireError {
  return new WireError('read_only_token', 'the token may only read');
}

export function tokenAllows(token: Token, tree: string): boolean {
  return token.trees === null || token.trees.includes(tree);
}

import { Hono, type Context } from 'hono';
import {
  beginPush as beginPushSchema,
  beginPushHead,
  change,
  type BeginPush,
  type CommitResult,
  type PushSession,
} from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import { isNdjson, parseBody, parseNdjson } from '../http/requestBody';
import { endSession } from '../sessions/endSession';
import { beginPush, type BeginPushServices } from './beginPush';
import { commitPush, type CommitPushServices } from './commitPush';

export type PushServices = BeginPushServices & CommitPushServices & { readonly maxBodyBytes: number };

export function pushRoutes(services: PushServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post('/:tree/pushes', async (context) => {
    const push = await readPush(context, services.maxBodyBytes);
    const treeName = context.req.param('tree');
    const session = await beginPush(services, { treeName, tokenId: context.get('token').id, push });
    return context.json<PushSession>(session, 201);
  });

  routes.post('/:tree/pushes/:id/commit', async (context) => {
    const { tree: treeName, id } = context.req.param();
    const result = await commitPush(services, { treeName, token: context.get('token'), id });
    return context.json<CommitResult>(result);
  });

  routes.delete('/:tree/pushes/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    await endSession(services, { treeName, tokenId: context.get('token').id, id, kind: 'push' });
    await services.inboxVerifiers.discard(id);
    return context.body(null, 204);
  });

  return routes;
}

async function readPush(context: Context, maxBytes: number): Promise<BeginPush> {
  if (!isNdjson(context)) return parseBody(context, beginPushSchema, maxBytes);
  const { head, items: changes } = await parseNdjson(context, { head: beginPushHead, item: change }, maxBytes);
  return { ...head, changes };
}

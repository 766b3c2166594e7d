import { Hono, type Context } from 'hono';
import {
  beginPull as beginPullSchema,
  beginPullHead,
  path,
  type BeginPull,
  type PullSession,
} from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import { isNdjson, parseBody, parseNdjson } from '../http/requestBody';
import { slowJson } from '../http/slowResponse';
import { endSession } from '../sessions/endSession';
import type { SessionContents } from '../sessions/removeSession';
import type { SessionActivity } from '../sessions/sessionActivity';
import { beginPull, type BeginPullServices } from './beginPull';

export type PullServices = BeginPullServices &
  SessionContents & { readonly activity: SessionActivity; readonly maxBodyBytes: number };

export function pullRoutes(services: PullServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post('/:tree/pulls', (context) => {
    const [treeName, tokenId] = [context.req.param('tree'), context.get('token').id];
    const begin = async (): Promise<PullSession> => {
      const pull = await readPull(context, services.maxBodyBytes);
      return beginPull(services, { treeName, tokenId, pull });
    };
    return slowJson(context, begin, 201);
  });

  routes.delete('/:tree/pulls/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    await endSession(services, { treeName, tokenId: context.get('token').id, id, kind: 'pull' });
    return context.body(null, 204);
  });

  return routes;
}

async function readPull(context: Context, maxBytes: number): Promise<BeginPull> {
  if (!isNdjson(context)) return parseBody(context, beginPullSchema, maxBytes);
  const { head, items: paths } = await parseNdjson(context, { head: beginPullHead, item: path }, maxBytes);
  return { ...head, paths };
}

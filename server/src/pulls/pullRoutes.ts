import { Hono } from 'hono';
import type { AppEnv } from '../app/appEnv';
import { parseBody } from '../app/parseBody';
import { beginPull as beginPullSchema, type PullSession } from '../contract/schemas';
import { endSession } from '../sessions/endSession';
import type { SessionActivity } from '../sessions/sessionActivity';
import { beginPull, type BeginPullServices } from './beginPull';

export type PullServices = BeginPullServices & { readonly activity: SessionActivity; readonly maxBodyBytes: number };

export function pullRoutes(services: PullServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post('/:tree/pulls', async (context) => {
    const pull = await parseBody(context, beginPullSchema, services.maxBodyBytes);
    const treeName = context.req.param('tree');
    const session = await beginPull(services, { treeName, tokenId: context.get('token').id, pull });
    return context.json<PullSession>(session, 201);
  });

  routes.delete('/:tree/pulls/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    await endSession(services, { treeName, tokenId: context.get('token').id, id, kind: 'pull' });
    return context.body(null, 204);
  });

  return routes;
}

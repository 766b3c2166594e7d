import { Hono, type Context } from 'hono';
import { beginPullHead, path, type BeginPull, type PullSession } from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import type { LongRequests } from '../http/longRequests';
import { parseList } from '../http/requestBody';
import { slowJson } from '../http/slowResponse';
import { endSession } from '../sessions/endSession';
import type { SessionContents } from '../sessions/removeSession';
import type { SessionActivity } from '../sessions/sessionActivity';
import { beginPull, type BeginPullServices } from './beginPull';

export type PullServices = BeginPullServices &
  SessionContents & {
    readonly activity: SessionActivity;
    readonly maxBodyBytes: number;
    readonly longRequests: LongRequests;
  };

export function pullRoutes(services: PullServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post('/:tree/pulls', (context) => {
    const [treeName, tokenId] = [context.req.param('tree'), context.get('token').id];
    const begin = async (): Promise<PullSession> => {
      const pull = await readPull(context, services.maxBodyBytes);
      return beginPull(services, { treeName, tokenId, pull });
    };
    return slowJson(context, () => services.longRequests.run(context, begin), 201);
  });

  routes.delete('/:tree/pulls/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    await endSession(services, { treeName, tokenId: context.get('token').id, id, kind: 'pull' });
    return context.body(null, 204);
  });

  return routes;
}

const schemas = { head: beginPullHead, list: 'paths', item: path } as const;

async function readPull(context: Context, maxBytes: number): Promise<BeginPull> {
  const { head, items: paths } = await parseList(context, schemas, maxBytes);
  return { ...head, paths };
}

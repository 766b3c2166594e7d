import { Hono, type Context } from 'hono';
import { beginPushHead, change, type BeginPush, type CommitResult, type PushSession } from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import type { LongRequests } from '../http/longRequests';
import { parseList } from '../http/requestBody';
import { slowJson } from '../http/slowResponse';
import { endSession } from '../sessions/endSession';
import { beginPush, type BeginPushServices } from './beginPush';
import { commitPush, committedPush, type CommitPushServices } from './commitPush';

export type PushServices = BeginPushServices &
  CommitPushServices & {
    readonly maxBodyBytes: number;
    readonly longRequests: LongRequests;
    readonly longCommits: LongRequests;
  };

export function pushRoutes(services: PushServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post('/:tree/pushes', (context) => {
    const [treeName, tokenId] = [context.req.param('tree'), context.get('token').id];
    const begin = async (): Promise<PushSession> => {
      const push = await readPush(context, services.maxBodyBytes);
      return beginPush(services, { treeName, tokenId, push });
    };
    return slowJson(context, () => services.longRequests.run(context, begin), 201);
  });

  routes.post('/:tree/pushes/:id/commit', (context) => {
    const { tree: treeName, id } = context.req.param();
    const token = context.get('token');
    const commit = (): Promise<CommitResult> => commitPush(services, { treeName, token, id });
    return slowJson(context, () => services.longCommits.runSized(token.id, services.sessions.recordBytes(id), commit));
  });

  routes.get('/:tree/pushes/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    return context.json(await committedPush(services, { treeName, token: context.get('token'), id }));
  });

  routes.delete('/:tree/pushes/:id', async (context) => {
    const { tree: treeName, id } = context.req.param();
    await endSession(services, { treeName, tokenId: context.get('token').id, id, kind: 'push' });
    return context.body(null, 204);
  });

  return routes;
}

const schemas = { head: beginPushHead, list: 'changes', item: change } as const;

async function readPush(context: Context, maxBytes: number): Promise<BeginPush> {
  const { head, items: changes } = await parseList(context, schemas, maxBytes);
  return { ...head, changes };
}

import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { oldestClientProtocol, protocol } from '../contract/protocol';
import type { Whoami } from '../contract/schemas';
import { WireError } from '../errors';
import { eventRoutes } from '../events/eventRoutes';
import { contentRoutes } from '../history/contentRoutes';
import { historyRoutes } from '../history/historyRoutes';
import type { AppEnv } from '../http/appEnv';
import { handleError } from '../http/errorHandler';
import { requestLog } from '../http/requestLog';
import { requireProtocol } from '../http/requireProtocol';
import { pullRoutes } from '../pulls/pullRoutes';
import { pushRoutes } from '../pushes/pushRoutes';
import { sessionRoutes } from '../sessions/sessionRoutes';
import { fileRoutes } from '../transfers/fileRoutes';
import { authenticate, requireTreeScope } from '../tokens/authenticate';
import { treeRoutes } from '../trees/treeRoutes';
import type { Services } from './services';

export function createServer(services: Services): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(handleError);
  app.notFound(() => {
    throw new WireError('not_found', 'the route does not exist');
  });
  app.use(requestLog(services.log, randomUUID));
  app.get('/healthz', (context) => context.json({ ok: true }));

  app.use('/v1/*', requireProtocol);
  app.use('/v1/*', authenticate(services));
  app.use('/v1/trees/:tree/*', requireTreeScope(services.trees));
  app.get('/v1/whoami', (context) => {
    const { name, trees, readOnly } = context.get('token');
    return context.json<Whoami>({
      name,
      trees: trees === null ? null : [...trees],
      readOnly,
      server: { version: services.version },
      protocol,
      oldestProtocol: oldestClientProtocol,
    });
  });
  app.route('/v1/trees', treeRoutes(services));
  app.route('/v1/trees', pushRoutes(services));
  app.route('/v1/trees', pullRoutes(services));
  app.route('/v1/trees', sessionRoutes(services));
  app.route('/v1/trees', fileRoutes(services));
  app.route('/v1/trees', historyRoutes(services));
  app.route('/v1/trees', contentRoutes(services));
  app.route('/v1/trees', eventRoutes(services));
  return app;
}

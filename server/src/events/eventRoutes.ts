import { Hono } from 'hono';
import type { AppEnv } from '../http/appEnv';
import { parse } from '../http/parse';
import { queryNumber } from '../http/queryNumber';
import type { TreeRepository } from '../trees/treeRepository';
import type { RevisionStreams } from './revisionStreams';

export interface EventServices {
  readonly trees: TreeRepository;
  readonly streams: RevisionStreams;
}

const headers = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  // Without this, nginx delays events until its buffer is full.
  'X-Accel-Buffering': 'no',
  // A stopping server would wait for a connection that stays open after its stream.
  Connection: 'close',
};

export function eventRoutes({ trees, streams }: EventServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get('/:tree/events', async (context) => {
    const lastEventId = context.req.header('last-event-id') || context.req.query('since');
    const since = parse(queryNumber('last event id'), lastEventId ?? '0');
    const tree = await trees.find(context.req.param('tree'));
    if (context.req.method === 'HEAD') return context.body(null, 200, headers);
    const request = { tree, since, log: context.get('log') };
    return context.body(await streams.open(request), 200, headers);
  });

  return routes;
}

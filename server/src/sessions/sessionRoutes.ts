import { upgradeWebSocket } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { RsyncSocket } from '../contract/frameSocket';
import type { SessionStatus } from '../contract/schemas';
import { WireError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import { clientSignal, connectionOf } from '../http/clientGone';
import type { TreeRepository } from '../trees/treeRepository';
import type { RsyncRuns } from './rsyncRuns';
import type { RunTurns } from './runTurns';
import { lastRsyncError } from './rsyncLog';
import type { SessionActivity } from './sessionActivity';
import type { SessionStore } from './sessionStore';

/** Bounds what a push brings in. */
interface PushGuard {
  /** Throws storage_full if there is no room for the rest of the push. */
  admit(id: string): Promise<void>;
  /** The reason why the server ended the push's transfers; undefined if it did not. */
  faultOf(id: string): WireError | undefined;
}

export interface SessionServices {
  readonly trees: TreeRepository;
  readonly sessions: SessionStore;
  readonly activity: SessionActivity;
  readonly rsyncRuns: RsyncRuns;
  readonly runTurns: RunTurns;
  readonly inboxGuard: PushGuard;
}

export function sessionRoutes(services: SessionServices): Hono<AppEnv> {
  const { trees, sessions, activity, rsyncRuns, runTurns, inboxGuard } = services;
  const routes = new Hono<AppEnv>();

  routes.get('/:tree/sessions/:id/rsync', async (context, next) => {
    if (context.req.header('upgrade') === undefined) {
      throw new WireError('invalid_request', 'this route is for WebSockets; a proxy must pass the upgrade on');
    }
    const { id, tree: name } = context.req.param();
    const tree = await trees.find(name);
    const tokenId = context.get('token').id;
    const owner = { treeId: tree.id, tokenId };
    await sessions.find(id, owner);
    if (!isUpgrade(context)) throw notAnUpgrade();
    const part = context.req.query('part');
    await activity.waitForSlot(id, part);
    const leave = await runTurns.enter(tokenId, clientSignal(context));
    try {
      let hasRun = false;
      connectionOf(context)?.once('close', () => {
        if (!hasRun) leave();
      });
      // Meanwhile, the session may have ended, or another connection may have taken its last slot.
      const session = await sessions.find(id, owner);
      await activity.waitForSlot(id, part);
      if (session.kind === 'push') await inboxGuard.admit(id);
      const log = context.get('log').child({ session: id });
      const upgrade = upgradeWebSocket(() => ({
        onOpen: (_event, { raw }) => {
          const run = rsyncRuns.start({ id, part, tokenId }, raw as unknown as RsyncSocket, log);
          hasRun = run !== undefined;
          void run?.ended.then(leave);
        },
      }));
      const response = await upgrade(context, next);
      if (response === undefined) throw notAnUpgrade();
      return response;
    } catch (error) {
      leave();
      throw error;
    }
  });

  routes.get('/:tree/sessions/:id', async (context) => {
    const { id, tree: name } = context.req.param();
    const tree = await trees.find(name);
    const session = await sessions.find(id, { treeId: tree.id, tokenId: context.get('token').id });
    const fault = inboxGuard.faultOf(session.id);
    if (fault !== undefined) throw fault;
    return context.json<SessionStatus>({ rsyncError: lastRsyncError(sessions.logFileOf(session.id)) });
  });

  return routes;
}

/** Without `Connection: Upgrade`, which a proxy may drop, the request is an ordinary one, and the library fails. */
function isUpgrade({ req }: Context): boolean {
  const options = (req.header('connection') ?? '').split(',');
  return options.some((option) => option.trim().toLowerCase() === 'upgrade');
}

function notAnUpgrade(): WireError {
  return new WireError('invalid_request', 'this route is for WebSockets, and the request is not an upgrade to one');
}

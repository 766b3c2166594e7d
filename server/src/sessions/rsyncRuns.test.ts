import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type WebSocket from 'ws';
import { puts, writeFiles } from '../../test/changes';
import { eventually } from '../../test/eventually';
import { connect as connectWebSocket } from '../../test/tcpBridge';
import { connectFramed } from '../../test/framedClient';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer, type TestServerOptions } from '../../test/testServer';
import { send } from '../../test/transfers';
import { maxRunsAtOnce } from '../rsync/run';
import { startsAtOnce } from './rsyncRuns';

let server: TestServer;
afterEach(() => server.stop());

/** After a signal, rsync sleeps for 0.4 s before it tidies up, which only a transfer that is resumed needs. */
const killGraceMs = 20;

async function startWithPush(over: TestServerOptions = {}, files: Record<string, string | Uint8Array> = { a: '1' }) {
  server = await startTestServer({ ...over, runLimits: { killGraceMs, ...over.runLimits } });
  await server.api.makeTree('tree');
  const { body } = await server.api.beginPush('tree', { base: 0, changes: puts(files) });
  return { session: body, url: await server.rsyncUrl('tree', body.id) };
}

async function refusal(socket: WebSocket): Promise<{ status: number | undefined; code: unknown }> {
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number; headers: Record<string, unknown> },
  ];
  socket.terminate();
  return { status: response.statusCode, code: response.headers['x-palmtree-error'] };
}

const closing = async (socket: WebSocket) => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
};

/** rsync sends a greeting first, so the first message shows that it is running. */
const greeted = (socket: WebSocket) => once(socket, 'message');

async function ended(id: string): Promise<void> {
  await vi.waitUntil(() => !server.services.activity.isBusy(id), { interval: 5, timeout: 20_000 });
}

describe.each([
  ['a WebSocket', connectWebSocket],
  ['frames', connectFramed],
])('%s', (_carrier, connect) => {
  test('a connection needs a token for the tree and a session of that token', async () => {
    const { url } = await startWithPush();
    const limited = await server.services.tokens.create('limited', ['another']);
    const other = await server.services.tokens.create('other', null);
    expect(await refusal(connect(url, 'ptk_wrong'))).toEqual({ status: 401, code: 'unauthorized' });
    expect(await refusal(connect(url, limited))).toEqual({ status: 403, code: 'forbidden' });
    expect(await refusal(connect(url, other))).toEqual({ status: 404, code: 'session_not_found' });
    const unknown = url.replace(/[0-9a-f]{32}/, '0'.repeat(32));
    expect(await refusal(connect(unknown, server.token))).toEqual({ status: 404, code: 'session_not_found' });
  });

  test('a running transfer ends when its token is revoked, and a transfer of another token goes on', async () => {
    const { url } = await startWithPush({ tokenCheckMs: 5 });
    const lost = await server.services.tokens.create('lost laptop', null);
    const push = await server.as(lost).beginPush('tree', { base: 0, changes: puts({ b: '2' }) });
    const [kept, revoked] = [connect(url, server.token), connect(await server.rsyncUrl('tree', push.body.id), lost)];
    await Promise.all([kept, revoked].map(greeted));
    const ended = closing(revoked);
    await server.services.tokens.revoke('lost laptop');
    expect(await ended).toEqual({ code: 1011, reason: 'its token was revoked' });
    expect(kept.readyState).toBe(kept.OPEN);
    kept.terminate();
  });

  test('a session has at most four connections, and accepts another when one has closed', async () => {
    const { url } = await startWithPush();
    const sockets = Array.from({ length: maxRunsAtOnce }, () => connect(url, server.token));
    await Promise.all(sockets.map(greeted));
    expect(await refusal(connect(url, server.token))).toEqual({ status: 409, code: 'session_busy' });
    const [first, ...others] = sockets;
    first?.close(1000);
    if (first !== undefined) await once(first, 'close');
    const next = connect(url, server.token);
    await greeted(next);
    for (const socket of [next, ...others]) socket.terminate();
  });

  test('only four of too many simultaneous connections are accepted', async () => {
    const { url } = await startWithPush();
    const sockets = Array.from({ length: maxRunsAtOnce + 2 }, () => connect(url, server.token));
    const ends = await Promise.all(
      sockets.map((socket) => Promise.race([refusal(socket), closing(socket), greeted(socket).then(() => 'greeted')])),
    );
    expect(ends.filter((end) => end === 'greeted')).toHaveLength(maxRunsAtOnce);
    for (const socket of sockets) socket.terminate();
  });

  test('a client that reconnects replaces its lost connection', async () => {
    const { url } = await startWithPush();
    const sockets = Array.from({ length: maxRunsAtOnce }, (_, part) => connect(`${url}?part=${part}`, server.token));
    await Promise.all(sockets.map(greeted));
    const [first, ...others] = sockets;
    const end = first && closing(first);
    const reconnected = connect(`${url}?part=0`, server.token);
    await greeted(reconnected);
    expect(await end).toEqual({ code: 1011, reason: 'its client has connected again' });
    for (const socket of others) expect(socket.readyState).toBe(socket.OPEN);
    for (const socket of [reconnected, ...others]) socket.terminate();
  });

  test('a client that reads nothing does not keep its session busy', async () => {
    const endless = join(temporaryFolder(), 'endless');
    writeFileSync(endless, '#!/bin/sh\nexec yes\n', { mode: 0o755 });
    const { url, session } = await startWithPush({ rsync: endless, runLimits: { handshakeMs: 200, killGraceMs: 50 } });
    const socket = connect(url, server.token);
    await once(socket, 'open');
    socket.pause();
    await ended(session.id);
    socket.terminate();
  });

  test('a client that does not authenticate in time is disconnected', async () => {
    const { url } = await startWithPush({ runLimits: { handshakeMs: 100 } });
    const socket = connect(url, server.token);
    expect(await closing(socket)).toEqual({ code: 1011, reason: 'rsync was not authenticated in time' });
  });

  test('a client that falls silent after the greeting is disconnected', async () => {
    const { url } = await startWithPush({ runLimits: { idleMs: 200 } });
    const socket = connect(url, server.token);
    await greeted(socket);
    socket.send('@RSYNCD: 32.0 sha512\n');
    expect(await closing(socket)).toEqual({ code: 1011, reason: 'no data for too long' });
  });

  test('a client that does not respond to a ping is disconnected', async () => {
    const { url } = await startWithPush({ runLimits: { pingMs: 100 } });
    const socket = connect(url, server.token);
    await greeted(socket);
    const end = closing(socket);
    socket.pong = () => undefined;
    expect(await end).toEqual({ code: 1011, reason: 'no response to a ping' });
  });

  test('ending a session ends its rsync', async () => {
    const { url, session } = await startWithPush();
    const socket = connect(url, server.token);
    const end = closing(socket);
    await greeted(socket);
    expect((await server.api.end('tree', 'pushes', session.id)).status).toBe(204);
    expect(await end).toEqual({ code: 1011, reason: 'the session has ended' });
    expect(existsSync(server.services.sessions.folderOf(session.id))).toBe(false);
  });

  test('a commit stops an rsync that does not end', async () => {
    const { url, session } = await startWithPush({ runLimits: { closeGraceMs: 50 } });
    const socket = connect(url, server.token);
    const end = closing(socket);
    await greeted(socket);
    expect((await server.api.commit('tree', session.id)).body.error.code).toBe('content_mismatch');
    expect((await end).code).toBe(1011);
  });

  test('an interrupted transfer continues in the same session', async () => {
    const big = randomBytes(32 << 20);
    const files = { 'folder/big': big, small: 'small' };
    const { session } = await startWithPush({ runLimits: { killGraceMs: 2_000 } }, files);
    const source = temporaryFolder();
    writeFiles(source, files);
    const cut = await send({ ...server, connect }, 'tree', session, source, session.upload, (bridge) => {
      const timer = setInterval(() => {
        if (bridge.counts.sent < 8 << 20) return;
        clearInterval(timer);
        bridge.cut();
      }, 1);
    });
    expect([10, 12]).toContain(cut.exit);
    await ended(session.id);
    expect(await send({ ...server, connect }, 'tree', session, source, session.upload)).toMatchObject({ exit: 0 });
    expect(await server.api.commit('tree', session.id)).toMatchObject({ status: 200 });
  });

  test('an rsync that cannot be started ends the connection with a reason', async () => {
    const { url } = await startWithPush({ rsync: join(temporaryFolder(), 'absent') });
    expect((await closing(connect(url, server.token))).code).toBe(1011);
  });

  test.each(['ping', 'pong'] as const)('a client that sends %ss without end is disconnected', async (frame) => {
    const { url } = await startWithPush();
    const socket = connect(url, server.token);
    await greeted(socket);
    const closed = once(socket, 'close');
    let sent = 0;
    const send = (): void => {
      for (let count = 0; count < 100 && socket.readyState === socket.OPEN; count++) socket[frame](Buffer.alloc(125));
      sent += 100;
      if (socket.readyState === socket.OPEN) setImmediate(send);
    };
    send();
    await closed;
    expect(sent).toBeGreaterThan(99);
    // The server's limit or that of ws for unsent pongs ends the connection, whichever is met first.
    const ended = /too many pings or pongs|the client closed with 1006/;
    await eventually(() => expect(server.logged.join('')).toMatch(ended));
  });
});

test('few rsyncs start at once: the next one begins with what its client has sent, and none for a client that left', async () => {
  const folder = temporaryFolder();
  const [rsync, starts, ready] = [join(folder, 'rsync'), join(folder, 'starts'), join(folder, 'ready')];
  writeFileSync(starts, '');
  const script = `echo start >> ${starts}\n[ -e ${ready} ] && exec cat\nexec sleep 1000`;
  writeFileSync(rsync, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const started = (): number => readFileSync(starts, 'utf8').split('\n').length - 1;
  const { url } = await startWithPush({ rsync });
  const silent = Array.from({ length: startsAtOnce }, () => connectWebSocket(url, server.token));
  await eventually(() => expect(started()).toBe(startsAtOnce));
  const { body } = await server.api.beginPush('tree', { base: 0, changes: puts({ b: '2' }) });
  const [leaving, waiting] = await Promise.all(
    [1, 2].map(async () => {
      const socket = connectWebSocket(await server.rsyncUrl('tree', body.id), server.token);
      await once(socket, 'open');
      return socket;
    }),
  );
  waiting?.send('greeting');
  leaving?.terminate();
  await eventually(() => expect(server.logged.join('')).toContain('the client closed with 1006'));
  writeFileSync(ready, '');
  const echo = once(waiting!, 'message') as Promise<[Buffer]>;
  silent[0]?.terminate();
  expect((await echo)[0].toString()).toBe('greeting');
  expect(started()).toBe(startsAtOnce + 1);
  for (const socket of [...silent, waiting]) socket?.terminate();
});

test('a token has some runs at a time, and more of them wait for their turn', async () => {
  const { session } = await startWithPush({ runTurnLimits: { runsOfToken: 2 } });
  const urls = [await server.rsyncUrl('tree', session.id)];
  for (const name of ['b', 'c']) {
    const { body } = await server.api.beginPush('tree', { base: 0, changes: puts({ [name]: name }) });
    urls.push(await server.rsyncUrl('tree', body.id));
  }
  const [first, second] = urls.slice(0, 2).map((url) => connectWebSocket(url, server.token)) as [WebSocket, WebSocket];
  await Promise.all([greeted(first), greeted(second)]);
  // The server need not accept connections in the order in which they were opened.
  const third = connectWebSocket(urls[2] ?? '', server.token);
  const ready = greeted(third);
  const other = await server.services.tokens.create('bob', null);
  const { body } = await server.as(other).beginPush('tree', { base: 0, changes: puts({ d: 'd' }) });
  const bob = connectWebSocket(await server.rsyncUrl('tree', body.id), other);
  await greeted(bob);
  expect(third.readyState).toBe(third.CONNECTING);
  first.terminate();
  await ready;
  for (const socket of [second, third, bob]) socket.terminate();
});

test('a run whose turn does not come is refused with a code for which a client waits', async () => {
  const { session, url } = await startWithPush({ runTurnLimits: { runsOfToken: 1, waitMs: 50 } });
  const first = connectWebSocket(url, server.token);
  await greeted(first);
  expect(await refusal(connectWebSocket(url, server.token))).toEqual({ status: 429, code: 'too_many_runs' });
  first.terminate();
  await eventually(() => expect(server.services.activity.isBusy(session.id)).toBe(false));
  await greeted(connectWebSocket(url, server.token));
});

test('a token with many starts does not keep another from its own', async () => {
  const folder = temporaryFolder();
  const [rsync, ready] = [join(folder, 'rsync'), join(folder, 'ready')];
  const script = `until [ -e ${ready} ]; do sleep 0.05; done; echo; exec cat > ${folder}/out`;
  writeFileSync(rsync, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  server = await startTestServer({ rsync });
  await server.api.makeTree('tree');
  const order: string[] = [];
  const open = async (token: string, name: string): Promise<void> => {
    const { body } = await server.as(token).beginPush('tree', { base: 0, changes: puts({ [name]: name }) });
    const socket = connectWebSocket(await server.rsyncUrl('tree', body.id), token);
    void greeted(socket).then(() => order.push(name));
    await once(socket, 'open');
  };
  const bob = await server.services.tokens.create('bob', null);
  for (let number = 0; number < 3 * startsAtOnce; number++) await open(server.token, 'alice');
  await open(bob, 'bob');
  writeFileSync(ready, '');
  await eventually(() => expect(order).toContain('bob'));
  expect(order.indexOf('bob')).toBeLessThanOrEqual(2 * startsAtOnce);
});

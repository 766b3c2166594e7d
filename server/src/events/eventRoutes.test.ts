import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { pushDirectly } from '../../test/directPush';
import { openEvents } from '../../test/eventReader';
import { eventually } from '../../test/eventually';
import { startTestServer, type TestServer } from '../../test/testServer';
import { LocalNotices } from './revisionNotices';

const createdAt = '2030-01-02T03:04:05.678Z';
const now = () => new Date(createdAt);
const notices = new LocalNotices();
let server: TestServer;
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer({ now, notices, heartbeatMs: 60_000 });
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

const revisionEvent = (revision: number, message: string | null = null) => ({
  event: 'revision',
  id: String(revision),
  data: { revision, author: 'alice', createdAt, message },
});
const readyEvent = (revision: number) => ({ event: 'ready', id: String(revision), data: { revision } });
const openStreams = () => ({ streams: server.services.streams.size, listeners: notices.size });
const allClosed = () => eventually(() => expect(openStreams()).toEqual({ streams: 0, listeners: 0 }));

test('a stream begins with the head and continues with each commit', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  await pushDirectly(server, tree, 1, { a: '2' }, { message: 'line\nand "quote"' });
  const events = await openEvents(server, tree);
  expect(Object.fromEntries(events.response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  expect(await events.next()).toEqual(revisionEvent(2, 'line\nand "quote"'));
  for (let revision = 3; revision <= 6; revision++) {
    await pushDirectly(server, tree, revision - 1, { a: String(revision) }, { message: `m${revision}` });
    expect(await events.next()).toEqual(revisionEvent(revision, `m${revision}`));
  }
  events.disconnect();
  await allClosed();
});

test('a tree without revisions sends ready, then its first revision', async () => {
  const events = await openEvents(server, tree);
  expect(await events.next()).toEqual(readyEvent(0));
  await pushDirectly(server, tree, 0, { a: '1' });
  expect(await events.next()).toEqual(revisionEvent(1));
  events.disconnect();
});

test('a client that states its known revision gets the head only if it is newer', async () => {
  for (let base = 0; base < 3; base++) await pushDirectly(server, tree, base, { a: String(base) });
  const first = async (lastEventId: string | undefined, query = '') => {
    const events = await openEvents(server, tree, { query, ...(lastEventId === undefined ? {} : { lastEventId }) });
    const event = await events.next();
    events.disconnect();
    return event;
  };
  expect(await first('1')).toEqual(revisionEvent(3));
  expect(await first('3')).toEqual(readyEvent(3));
  expect(await first('9')).toEqual(readyEvent(3));
  expect(await first('')).toEqual(revisionEvent(3));
  expect(await first(undefined, '?since=2')).toEqual(revisionEvent(3));
  expect(await first(undefined, '?since=3')).toEqual(readyEvent(3));
  expect(await first('3', '?since=0')).toEqual(readyEvent(3));
  await allClosed();
});

test('a client that reconnects misses and repeats nothing', async () => {
  await pushDirectly(server, tree, 0, { a: '0' });
  const cut = await openEvents(server, tree);
  const seen = await cut.next();
  cut.disconnect();
  await allClosed();
  await pushDirectly(server, tree, 1, { a: '1' });
  const resumed = await openEvents(server, tree, { lastEventId: seen?.id ?? '' });
  expect(await resumed.next()).toEqual(revisionEvent(2));
  await pushDirectly(server, tree, 2, { a: '2' });
  expect(await resumed.next()).toEqual(revisionEvent(3));
  resumed.disconnect();
});

test('a push without changes, or to another tree, sends no event', async () => {
  await server.api.makeTree(`${tree}-other`);
  await pushDirectly(server, tree, 0, { a: '1' });
  const events = await openEvents(server, tree, { lastEventId: '1' });
  expect(await events.next()).toEqual(readyEvent(1));
  await pushDirectly(server, tree, 1, { a: '1' });
  await pushDirectly(server, `${tree}-other`, 0, { a: '1' });
  await pushDirectly(server, tree, 1, { a: '2' });
  expect(await events.next()).toEqual(revisionEvent(2));
  events.disconnect();
});

test('a commit reaches many streams, and a closed stream leaves no listener', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => openEvents(server, tree)));
  for (const events of all) expect(await events.next()).toEqual(readyEvent(0));
  expect(openStreams()).toEqual({ streams: 20, listeners: 20 });
  await pushDirectly(server, tree, 0, { a: '1' });
  for (const events of all) expect(await events.next()).toEqual(revisionEvent(1));
  for (const events of all.slice(1)) events.disconnect();
  await eventually(() => expect(openStreams()).toEqual({ streams: 1, listeners: 1 }));
  all[0]?.disconnect();
  await allClosed();
});

test('a client that reads nothing costs no memory, and gets each revision when it reads', async () => {
  const url = `${await server.url()}/v1/trees/${tree}/events`;
  const sent = request(url, { headers: { authorization: `Bearer ${server.token}` } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.pause();
  const { id } = await server.services.trees.find(tree);
  const message = 'x'.repeat(2000);
  const rows = Array.from({ length: 5000 }, (_, index) => {
    const at = { tree_id: id, number: index + 1, created_at: createdAt, push_id: `${tree}-${index}` };
    return { ...at, token_name: 'alice', message, forced: 0, put: 0, deleted: 0, renamed: 0 };
  });
  for (let at = 0; at < rows.length; at += 500) {
    await server.database
      .insertInto('revisions')
      .values(rows.slice(at, at + 500))
      .execute();
  }
  const after = vi.spyOn(server.services.revisions, 'after');
  notices.announce(id);
  await eventually(() => expect(after).toHaveBeenCalled());
  // Client and server share this event loop, so they are idle once its turns cause no more reads of the database.
  let reads = 0;
  for (let idleTurns = 0; idleTurns < 1000; idleTurns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (after.mock.calls.length > reads) idleTurns = 0;
    reads = after.mock.calls.length;
  }
  // The sockets buffer some of the 100 reads that all revisions need.
  expect(reads).toBeLessThan(90);
  let text = '';
  response
    .setEncoding('utf8')
    .on('data', (chunk: string) => (text += chunk))
    .resume();
  await eventually(() => expect(text).toContain('id: 5000\n'));
  const ids = [...text.matchAll(/^id: ([0-9]+)$/gm)].map((match) => Number(match[1]));
  expect(ids).toEqual(Array.from({ length: 5001 }, (_, index) => index));
  sent.destroy();
  after.mockRestore();
  await allClosed();
});

test('a database error ends the stream and is logged', async () => {
  const events = await openEvents(server, tree);
  expect(await events.next()).toEqual(readyEvent(0));
  const after = vi.spyOn(server.services.revisions, 'after').mockRejectedValue(new Error('the disk is gone'));
  await pushDirectly(server, tree, 0, { a: '1' });
  expect(await events.next()).toBeNull();
  after.mockRestore();
  expect(server.logged.join('')).toContain('the disk is gone');
  await allClosed();
});

test('HEAD and refused requests open no stream', async () => {
  const head = { method: 'HEAD', headers: { authorization: `Bearer ${server.token}` } };
  const response = await fetch(`${await server.url()}/v1/trees/${tree}/events`, head);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const refusal = async (name: string, query = '') => {
    const { status, body } = await server.api.call('GET', `/v1/trees/${name}/events${query}`);
    return { status, body };
  };
  expect(await refusal('absent')).toMatchObject({ status: 404, body: { error: { code: 'tree_not_found' } } });
  expect(await refusal(tree, '?since=x')).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } });
  expect(openStreams()).toEqual({ streams: 0, listeners: 0 });
});

test('a heartbeat finds revisions that no notice announced', async () => {
  const shortHeartbeat = await startTestServer({ now, heartbeatMs: 40 });
  await shortHeartbeat.api.makeTree('tree');
  const events = await openEvents(shortHeartbeat, 'tree');
  expect(await events.nextBlock()).toEqual(readyEvent(0));
  expect(await events.nextBlock()).toBeUndefined();
  expect(await events.nextBlock()).toBeUndefined();
  vi.spyOn(shortHeartbeat.services.notices, 'announce').mockImplementation(() => undefined);
  await pushDirectly(shortHeartbeat, 'tree', 0, { a: '1' });
  expect(await events.next()).toEqual(revisionEvent(1));
  events.disconnect();
  await shortHeartbeat.stop();
});

test('a stopping server ends its open streams, and those that are opened later', async () => {
  const stopping = await startTestServer();
  await stopping.api.makeTree('tree');
  const events = await openEvents(stopping, 'tree');
  await events.next();
  stopping.services.streams.endAll();
  expect(await events.next()).toBeNull();
  const late = await openEvents(stopping, 'tree');
  expect([await late.next(), await late.next()]).toEqual([readyEvent(0), null]);
  expect(stopping.services.streams.size).toBe(0);
  await stopping.stop();
});

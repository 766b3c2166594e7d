import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { RevisionFeed, type ConnectionState, type AnnouncedRevision } from '../../src/io/api/revisionFeed';
import { Proxy } from '../support/servers/proxy';
import { EventLog } from '../support/eventLog';
import { ManualTimers } from '../support/manualTimers';
import type { Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const longAgo = 1e9;
let desk: Machine;
let proxy: Proxy;
let clock: { now: number };
let timers: ManualTimers;
let revisions: EventLog<AnnouncedRevision>;
let connectionStates: EventLog<ConnectionState>;
let feed: RevisionFeed | undefined;

beforeEach(async () => {
  desk = await fixture.machine();
  await desk.write('n/a.md', 'one');
  await desk.sync.track(['n']);
  await desk.push();
  proxy = await Proxy.start(() => fixture.server.url);
  clock = { now: 0 };
  timers = new ManualTimers();
  revisions = new EventLog();
  connectionStates = new EventLog();
});
afterEach(async () => {
  await feed?.dispose();
  feed = undefined;
  const { running } = timers;
  await proxy.close();
  if (running > 0) throw new Error(`${running} timers are still running`);
});

function listen({ since = 1, token = fixture.server.token, tree = fixture.tree } = {}): void {
  feed = new RevisionFeed({
    client: new Client(proxy.url, token),
    tree,
    since,
    onRevision: revisions.record,
    onConnectionState: connectionStates.record,
    onDefect: (error) => {
      throw error;
    },
    wait: timers.wait,
    now: () => clock.now,
    random: () => 0.5,
  });
}

let edits = 0;
async function pushEdit(): Promise<void> {
  await desk.write('n/a.md', `edit ${++edits}`);
  await desk.push();
}

const connectionKind = async () => (await connectionStates.next()).kind;
const number = async () => (await revisions.next()).revision;

describe('the revision feed', () => {
  it('announces each new revision with its author and time, and no known one', async () => {
    listen();
    expect(await connectionKind()).toBe('live');
    await pushEdit();
    const announced = await revisions.next();
    expect(announced).toMatchObject({ revision: 2, author: 'test' });
    expect(Math.abs(Date.now() - Date.parse(announced.createdAt))).toBeLessThan(60_000);
    await pushEdit();
    expect(await number()).toBe(3);
  });

  it('begins with the head if that is unknown', async () => {
    await pushEdit();
    listen();
    expect(await number()).toBe(2);
  });

  it('resumes after a lost connection', async () => {
    listen();
    await connectionKind();
    await pushEdit();
    expect(await number()).toBe(2);
    clock.now = longAgo;
    proxy.cut();
    await pushEdit();
    await timers.fire(750);
    expect(await number()).toBe(3);
    expect(proxy.resumedFrom).toEqual(['1', '2']);
    // A new stream is reported, since nobody knows what was missed between the two.
    expect(await connectionKind()).toBe('live');
    expect(connectionStates.unread).toEqual([]);
  });

  it('reconnects after a silence', async () => {
    listen();
    await connectionKind();
    proxy.mute();
    await pushEdit();
    await timers.fire(40_000);
    await timers.fire(750);
    expect(await number()).toBe(2);
    expect(await connectionKind()).toBe('live');
    expect(proxy.openStreams).toBe(1);
  });

  it('gives up a stream whose connection may be dead, at once', async () => {
    listen();
    await connectionKind();
    proxy.mute();
    await pushEdit();
    feed?.reconnect();
    await timers.fire(750);
    expect(await connectionKind()).toBe('live');
    expect(await number()).toBe(2);
    expect(connectionStates.unread).toEqual([]);
  });

  it.each(['buffers', 'withholds'] as const)('polls behind a proxy that %s, and retries the stream', async (manner) => {
    proxy.manner = manner;
    listen();
    await timers.fire(8_000);
    expect(await connectionKind()).toBe('polling');
    await pushEdit();
    await timers.fire(30_000);
    expect(await revisions.next()).toMatchObject({ revision: 2, author: 'test' });
    proxy.manner = 'passes';
    for (let poll = 2; poll <= 10; poll++) await timers.fire(30_000);
    expect(await connectionKind()).toBe('live');
    await pushEdit();
    expect(await number()).toBe(3);
    expect(revisions.unread).toEqual([]);
  });

  it('reconnects to a stopped server with growing pauses', async () => {
    listen();
    await connectionKind();
    await fixture.server.kill();
    await timers.fire(750);
    for (const pauseMs of [1_500, 3_000, 6_000, 6_000, 6_000]) {
      expect(await connectionStates.next()).toMatchObject({ kind: 'offline', pauseMs });
      await timers.fire(pauseMs);
    }
    await connectionStates.next();
    await fixture.server.restart();
    await pushEdit();
    await timers.fire(6_000);
    expect(await connectionKind()).toBe('live');
    expect(await number()).toBe(2);
    clock.now = longAgo;
    proxy.cut();
    await timers.fire(750);
  });

  it('retries rarely while the token is refused', async () => {
    listen({ token: 'revoked' });
    expect(await connectionStates.next()).toMatchObject({ kind: 'refused', error: { code: 'unauthorized' } });
    await timers.fire(60_000);
    expect(await connectionStates.next()).toMatchObject({ kind: 'refused', pauseMs: 60_000 });
    await timers.started(60_000);
  });

  it('follows a tree that is created later, at once after wake()', async () => {
    const tree = `${fixture.tree}-new`;
    listen({ tree, since: 0 });
    expect(await connectionStates.next()).toMatchObject({ kind: 'refused', error: { code: 'tree_not_found' } });
    await new Client(fixture.server.url, fixture.server.token).makeTree(tree);
    feed?.wake();
    expect(await connectionKind()).toBe('live');
  });

  it('finds within seconds a tree that another machine creates', async () => {
    const tree = `${fixture.tree}-soon`;
    listen({ tree, since: 0 });
    await connectionStates.next();
    await new Client(fixture.server.url, fixture.server.token).makeTree(tree);
    await timers.fire(750);
    expect(await connectionKind()).toBe('live');
  });
});

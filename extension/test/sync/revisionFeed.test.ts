import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { RevisionFeed, type ConnectionState, type AnnouncedRevision } from '../../src/io/api/revisionFeed';
import { Proxy } from '../support/proxy';
import { Heard, Waits } from '../support/waits';
import type { Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const longAgo = 1e9;
let desk: Machine;
let proxy: Proxy;
let clock: { now: number };
let waits: Waits;
let revisions: Heard<AnnouncedRevision>;
let standings: Heard<ConnectionState>;
let feed: RevisionFeed | undefined;

beforeEach(async () => {
  desk = await fixture.machine();
  await desk.write('n/a.md', 'one');
  await desk.sync.track(['n']);
  await desk.push();
  proxy = await Proxy.start(() => fixture.server.url);
  clock = { now: 0 };
  waits = new Waits();
  revisions = new Heard();
  standings = new Heard();
});
afterEach(async () => {
  await feed?.dispose();
  feed = undefined;
  const left = waits.pending;
  await proxy.close();
  if (left > 0) throw new Error(`${left} timers were left behind`);
});

function listen({ since = 1, token = fixture.server.token, tree = fixture.tree } = {}): void {
  feed = new RevisionFeed({
    client: new Client(proxy.url, token),
    tree,
    since,
    onRevision: revisions.tell,
    onConnectionState: standings.tell,
    onDefect: (error) => {
      throw error;
    },
    wait: waits.wait,
    now: () => clock.now,
    random: () => 0.5,
  });
}

let edits = 0;
async function pushEdit(): Promise<void> {
  await desk.write('n/a.md', `edit ${++edits}`);
  await desk.push();
}

const standing = async () => (await standings.next()).kind;
const number = async () => (await revisions.next()).revision;

describe('the feed of revisions', () => {
  it('tells of each as it is made, by whom and when, and not of what is known', async () => {
    listen();
    expect(await standing()).toBe('live');
    await pushEdit();
    const heard = await revisions.next();
    expect(heard).toMatchObject({ revision: 2, author: 'test' });
    expect(Math.abs(Date.now() - Date.parse(heard.createdAt))).toBeLessThan(60_000);
    await pushEdit();
    expect(await number()).toBe(3);
  });

  it('begins with the head when that is new', async () => {
    await pushEdit();
    listen();
    expect(await number()).toBe(2);
  });

  it('goes on where it was when the connection is cut', async () => {
    listen();
    await standing();
    await pushEdit();
    expect(await number()).toBe(2);
    clock.now = longAgo;
    proxy.cut();
    await pushEdit();
    await waits.pass(750);
    expect(await number()).toBe(3);
    expect(proxy.resumedFrom).toEqual(['1', '2']);
    expect(standings.left).toEqual([]);
  });

  it('takes a connection that is silent for dead', async () => {
    listen();
    await standing();
    proxy.mute();
    await pushEdit();
    await waits.pass(40_000);
    await waits.pass(750);
    expect(await number()).toBe(2);
    expect(proxy.openStreams).toBe(1);
  });

  it.each(['buffers', 'withholds'] as const)(
    'polls behind a proxy that %s, and tries the stream again',
    async (manner) => {
      proxy.manner = manner;
      listen();
      await waits.pass(8_000);
      expect(await standing()).toBe('polling');
      await pushEdit();
      await waits.pass(30_000);
      expect(await revisions.next()).toMatchObject({ revision: 2, author: 'test' });
      proxy.manner = 'passes';
      for (let poll = 2; poll <= 10; poll++) await waits.pass(30_000);
      expect(await standing()).toBe('live');
      await pushEdit();
      expect(await number()).toBe(3);
      expect(revisions.left).toEqual([]);
    },
  );

  it('waits longer and longer for a server that is gone, and hears it as soon as it is back', async () => {
    listen();
    await standing();
    await fixture.server.kill();
    await waits.pass(750);
    expect(await standing()).toBe('offline');
    for (const pause of [1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000]) await waits.pass(pause);
    await fixture.server.restart();
    await pushEdit();
    await waits.pass(45_000);
    expect(await standing()).toBe('live');
    expect(await number()).toBe(2);
    clock.now = longAgo;
    proxy.cut();
    await waits.pass(750);
  });

  it('asks seldom while the token is refused', async () => {
    listen({ token: 'revoked' });
    expect(await standings.next()).toMatchObject({ kind: 'refused', error: { code: 'unauthorized' } });
    await waits.pass(300_000);
    await waits.pass(300_000);
    expect(standings.left).toEqual([]);
  });

  it('follows a tree that is made later, at once when it is woken', async () => {
    const tree = `${fixture.tree}-new`;
    listen({ tree, since: 0 });
    expect(await standings.next()).toMatchObject({ kind: 'refused', error: { code: 'tree_not_found' } });
    await new Client(fixture.server.url, fixture.server.token).makeTree(tree);
    feed?.wake();
    expect(await standing()).toBe('live');
  });
});

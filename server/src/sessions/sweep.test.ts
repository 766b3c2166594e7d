import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put } from '../../test/changes';
import { startTestServer } from '../../test/testServer';
import { sessionLifetimeMs, sweepSessions } from './sweep';

test('sessions are removed when they have expired, and half-made ones at the start', async () => {
  let now = new Date('2030-01-01T00:00:00Z');
  const server = await startTestServer({ now: () => now });
  const { store, activity, log } = server.services;
  await server.api.makeTree('tree');
  const old = (await server.api.beginPush('tree', { base: 0, changes: [put('a', '1')] })).body.id;
  now = new Date(now.getTime() + sessionLifetimeMs);
  const young = (await server.api.beginPush('tree', { base: 0, changes: [put('a', '1')] })).body.id;
  const halfMade = 'a'.repeat(32);
  mkdirSync(store.folderOf(halfMade));
  const torn = 'b'.repeat(32);
  mkdirSync(store.folderOf(torn));
  writeFileSync(join(store.folderOf(torn), 'session.json'), '');
  const left = () => [old, young, halfMade, torn].map((id) => existsSync(store.folderOf(id)));

  await sweepSessions(store, activity, { now, atStart: false, log });
  expect(left()).toEqual([true, true, true, true]);
  now = new Date(now.getTime() + 1);
  await activity.exclusively(old, false, () => sweepSessions(store, activity, { now, atStart: false, log }));
  expect(left()).toEqual([true, true, true, true]);
  await sweepSessions(store, activity, { now, atStart: false, log });
  expect(left()).toEqual([false, true, true, true]);
  await sweepSessions(store, activity, { now, atStart: true, log });
  expect(left()).toEqual([false, true, false, false]);
  await server.stop();
});

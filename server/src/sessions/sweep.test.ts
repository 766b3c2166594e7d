import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put } from '../../test/changes';
import { startTestServer } from '../../test/testServer';
import { maxIdleMs, sweepSessions } from './sweep';

test('idle sessions are removed, and incomplete ones at the start', async () => {
  let now = new Date('2030-01-01T00:00:00Z');
  const server = await startTestServer({ now: () => now });
  const { sessions, activity, log } = server.services;
  await server.api.makeTree('tree');
  const old = (await server.api.beginPush('tree', { base: 0, changes: [put('a', '1')] })).body.id;
  now = new Date(now.getTime() + maxIdleMs);
  const recent = (await server.api.beginPush('tree', { base: 0, changes: [put('a', '1')] })).body.id;
  const incomplete = 'a'.repeat(32);
  mkdirSync(sessions.folderOf(incomplete));
  const empty = 'b'.repeat(32);
  mkdirSync(sessions.folderOf(empty));
  writeFileSync(join(sessions.folderOf(empty), 'session.json'), '');
  const exist = () => [old, recent, incomplete, empty].map((id) => existsSync(sessions.folderOf(id)));

  await sweepSessions(server.services, { now, includeIncomplete: false, log });
  expect(exist()).toEqual([true, true, true, true]);
  now = new Date(now.getTime() + 1);
  await activity.exclusively(old, 'stop-runs', () =>
    sweepSessions(server.services, { now, includeIncomplete: false, log }),
  );
  // That action was a use of the session.
  await sweepSessions(server.services, { now, includeIncomplete: false, log });
  expect(exist()).toEqual([true, true, true, true]);
  now = new Date(now.getTime() + maxIdleMs);
  await activity.exclusively(recent, 'stop-runs', () => Promise.resolve());
  now = new Date(now.getTime() + 1);
  await sweepSessions(server.services, { now, includeIncomplete: false, log });
  expect(exist()).toEqual([false, true, true, true]);
  await sweepSessions(server.services, { now, includeIncomplete: true, log });
  expect(exist()).toEqual([false, true, false, false]);
  await server.stop();
});

test('an idle session is removed although the clock was set back by years', async () => {
  let now = new Date('2030-01-01T00:00:00Z');
  const server = await startTestServer({ now: () => now });
  const { sessions, log } = server.services;
  await server.api.makeTree('tree');
  const { id } = (await server.api.beginPush('tree', { base: 0, changes: [put('a', '1')] })).body;
  now = new Date('2026-01-01T00:00:00Z');
  await sweepSessions(server.services, { now, includeIncomplete: false, log });
  expect(existsSync(sessions.folderOf(id))).toBe(false);
  await server.stop();
});

test('a session that cannot be removed is logged, and the others are removed', async () => {
  const server = await startTestServer();
  const { sessions, log } = server.services;
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
  for (const id of ids) mkdirSync(sessions.folderOf(id));
  const remove = sessions.remove.bind(sessions);
  sessions.remove = (id) => (id.startsWith('b') ? Promise.reject(new Error('the reason')) : remove(id));
  await sweepSessions(server.services, { now: new Date(), includeIncomplete: true, log });
  expect(ids.map((id) => existsSync(sessions.folderOf(id)))).toEqual([false, true, false]);
  expect(server.logged.join('')).toContain('the reason');
  await server.stop();
});

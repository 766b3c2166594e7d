import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, type Files } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import { ContentPins } from '../objects/contentPins';
import { maxIdleMs, sweepSessions } from '../sessions/sweep';
import { UnusedContents } from '../trees/unusedContents';
import { UploadedObjects } from './uploadedObjects';

let server: TestServer;
let now = new Date('2030-01-01T00:00:00Z');
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer({ now: () => now });
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

const isStored = (content: string): boolean => existsSync(server.services.objects.fileOf(sha256(content)));
const end = (id: string) => server.api.end(tree, 'pushes', id);

async function begin(files: Files, over: { base?: number; resume?: string } = {}): Promise<string> {
  const begun = await server.api.beginPush(tree, { base: 0, changes: puts(files), ...over });
  expect(begun.status).toBe(201);
  return begun.body.id;
}

/** Begins a push that receives `files` and stores them, but is not committed: another file never arrives. */
async function failing(files: Files, base = 0): Promise<string> {
  const id = await begin({ ...files, absent: `absent in ${tree} ${++made}` }, { base });
  fillInbox(server, id, files);
  // The commit verifies the inbox; taking over stores what is complete.
  const resumed = await begin({ ...files, absent: `absent in ${tree} ${++made}` }, { base, resume: id });
  for (const content of Object.values(files)) expect(isStored(content as string)).toBe(true);
  return resumed;
}

test('what a failed push brought in is removed when it ends', async () => {
  const id = await failing({ a: 'only in a failed push', b: 'and another' });
  expect((await server.api.commit(tree, id)).status).toBe(422);
  await end(id);
  expect([isStored('only in a failed push'), isStored('and another')]).toEqual([false, false]);
});

test('what a revision of any tree has stays', async () => {
  await pushDirectly(server, tree, 0, { kept: 'in a revision' });
  const first = tree;
  tree = `${tree}-2`;
  await server.api.makeTree(tree);
  await end(await failing({ a: 'in a revision', b: 'in none' }));
  expect([isStored('in a revision'), isStored('in none')]).toEqual([true, false]);
  tree = first;
  const replaced = await pushDirectly(server, tree, 1, { kept: 'the next content' });
  await end(await failing({ a: 'in a revision' }, replaced));
  expect(isStored('in a revision')).toBe(true);
});

test('what another open push declared stays until that ends too', async () => {
  const first = await failing({ a: 'in two pushes' });
  const second = await begin({ b: 'in two pushes' });
  await end(first);
  expect(isStored('in two pushes')).toBe(true);
  await end(second);
  expect(isStored('in two pushes')).toBe(false);
});

test('a push that resumes another one keeps what it needs of it, and nothing else', async () => {
  const first = await failing({ a: 'still wanted', b: 'no longer wanted' });
  const second = await begin({ a: 'still wanted' }, { resume: first });
  expect([isStored('still wanted'), isStored('no longer wanted')]).toEqual([true, false]);
  expect((await server.api.commit(tree, second)).status).toBe(200);
  await end(second);
  expect(isStored('still wanted')).toBe(true);
});

test('many pushes of the same content that end while one commits leave it readable', async () => {
  for (let round = 0; round < 20; round++) {
    const content = `contended ${round}`;
    const others = await Promise.all(
      Array.from({ length: 4 }, () => begin({ [`o${round}`]: content }, { base: round })),
    );
    const committing = await begin({ [`f${round}`]: content }, { base: round });
    for (const id of [...others, committing]) {
      fillInbox(server, id, { [id === committing ? `f${round}` : `o${round}`]: content });
    }
    const [committed] = await Promise.all([server.api.commit(tree, committing), ...others.map(end)]);
    expect(committed.status).toBe(200);
    expect(readFileSync(server.services.objects.fileOf(sha256(content)), 'utf8')).toBe(content);
  }
});

test('what an abandoned push brought in is removed with it', async () => {
  await failing({ a: 'abandoned' });
  now = new Date(now.getTime() + maxIdleMs + 1);
  await sweepSessions(server.services, { now, includeIncomplete: false, log: server.services.log });
  expect(isStored('abandoned')).toBe(false);
});

test('after a restart, open pushes keep their content, and the sweep removes that of abandoned ones', async () => {
  const open = await failing({ a: 'open', c: 'in both' });
  const abandoned = await failing({ b: 'abandoned before the restart', c: 'in both' });
  const { sessions, entries, contents, inboxVerifiers, packInboxes } = server.services;
  const pins = new ContentPins();
  const unused = new UnusedContents({ entries, contents, pins });
  const restarted = new UploadedObjects({ sessions, pins, unused, inboxVerifiers, packInboxes });
  await restarted.restore();
  await restarted.discard(abandoned);
  expect([isStored('open'), isStored('in both'), isStored('abandoned before the restart')]).toEqual([
    true,
    true,
    false,
  ]);
  await restarted.discard(open);
  expect([isStored('open'), isStored('in both')]).toEqual([false, false]);
  await Promise.all([end(open), end(abandoned)]);
});

test('a push that cannot be begun declares nothing', async () => {
  const { sessions, uploaded } = server.services;
  const create = sessions.create.bind(sessions);
  sessions.create = () => Promise.reject(new Error('no space'));
  const refused = await server.api.beginPush(tree, { base: 0, changes: puts({ a: 'refused' }) });
  sessions.create = create;
  expect(refused.status).toBe(500);
  const id = await failing({ a: 'refused' });
  await uploaded.discard(id);
  expect(isStored('refused')).toBe(false);
  await end(id);
});

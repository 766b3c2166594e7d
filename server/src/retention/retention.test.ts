import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { put, puts, type Files } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { Comparison, PathHistory, RevisionDetail, RevisionList } from '../contract/history';
import type { Change } from '../contract/schemas';
import type { Policy } from './policy';
import { PolicyRepository } from './policyRepository';

let server: TestServer;
let now = new Date('2026-06-01T12:00:00Z');
const work = { signal: new AbortController().signal, report: () => undefined };

beforeEach(async () => {
  now = new Date('2026-06-01T12:00:00Z');
  server = await startTestServer({ now: () => now });
  await server.api.makeTree('tree');
});
afterEach(() => server.stop());

const keep = (policy: Policy | null, tree = 'tree') => new PolicyRepository(server.database).set(tree, policy);
const prune = (...names: string[]) => server.services.retention.prune(names, { ...work, workShare: 1 });
const plan = (...names: string[]) => server.services.retention.plan(names, work);
const gc = () => server.services.garbage.collect({ dryRun: false, purgeBefore: new Date(0), workShare: 1, ...work });
const isStored = (content: string): Promise<boolean> => server.services.contents.has(put('file', content));
const get = async <T>(path: string): Promise<T> => (await server.api.call('GET', `/v1/trees/tree/${path}`)).body as T;
const contentOf = async (path: string, revision: number) => {
  const headers = { authorization: `Bearer ${server.token}` };
  const response = await server.app.request(`/v1/trees/tree/content?path=${path}&revision=${revision}`, { headers });
  return response.status === 200
    ? response.text()
    : ((await response.json()) as { error: { code: string } }).error.code;
};

/** Pushes one revision a day. */
async function pushDaily(...revisions: readonly (Files | readonly Change[])[]): Promise<void> {
  for (const [base, revision] of revisions.entries()) {
    now = new Date(now.getTime() + 24 * 60 * 60 * 1000);
    const files = Array.isArray(revision) ? {} : (revision as Files);
    const changes = Array.isArray(revision) ? (revision as Change[]) : puts(files);
    await pushDirectly(server, 'tree', base, files, { changes });
  }
}

test('a version stays while a kept revision contains it, and gc frees the contents of the others', async () => {
  await pushDaily({ a: '1', b: 'always' }, { a: '2' }, { a: '3', c: 'late' }, { a: '4' });
  await keep({ last: 2 });
  const expected = { name: 'tree', revisions: 2, versions: 2 };
  expect(await plan()).toEqual([{ ...expected, bytes: 2 }]);
  expect(await prune()).toEqual([expected]);
  await gc();
  expect(await Promise.all(['1', '2', '3', '4', 'always', 'late'].map(isStored))).toEqual([
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
  expect(await Promise.all([1, 2, 3, 4].map((revision) => contentOf('a', revision)))).toEqual([
    'version_removed',
    'version_removed',
    '3',
    '4',
  ]);
  expect(await Promise.all([1, 4].map((revision) => contentOf('b', revision)))).toEqual(['always', 'always']);
  expect(await contentOf('c', 2)).toBe('not_found');
  expect([await plan(), await prune()]).toEqual([
    [{ name: 'tree', revisions: 0, versions: 0, bytes: 0 }],
    [{ name: 'tree', revisions: 0, versions: 0 }],
  ]);
});

test('the last version before a deletion stays', async () => {
  await pushDaily({ a: '1' }, { a: '2' }, [{ op: 'delete', path: 'a' }], { b: 'b' }, { b: 'c' });
  await keep({ last: 1 });
  await prune();
  await gc();
  expect(await Promise.all(['1', '2', 'b', 'c'].map(isStored))).toEqual([false, true, false, true]);
  expect(await contentOf('a', 2)).toBe('2');
  expect(await contentOf('a', 3)).toBe('not_found');
});

test('a history tells how many versions are gone, and revisions how many changes', async () => {
  await pushDaily({ a: '1' }, { a: '2', b: 'b' }, { a: '3' }, { a: '4' }, { a: '5' });
  await keep({ last: 2 });
  await prune();
  const { versions } = await get<PathHistory>('history?path=a');
  expect(versions.map(({ revision, removed }) => [revision, removed])).toEqual([
    [5, undefined],
    [4, { count: 3, since: 1 }],
  ]);
  await keep({ last: 1 });
  await prune();
  expect((await get<PathHistory>('history?path=a')).versions).toMatchObject([
    { revision: 5, removed: { count: 4, since: 1 } },
  ]);
  const { revisions } = await get<RevisionList>('revisions');
  expect(revisions.map(({ number, removed, author }) => [number, removed, author])).toEqual([
    [5, undefined, 'alice'],
    [4, 1, 'alice'],
    [3, 1, 'alice'],
    [2, 1, 'alice'],
    [1, 1, 'alice'],
  ]);
});

test('what lacks a side is left out of changes, unless the client knows the mark', async () => {
  await pushDaily({ a: '1', b: '1' }, { a: '2' }, { a: '3', b: '3' }, { c: 'c' });
  await keep({ last: 2 });
  await prune();
  const plain = await get<RevisionDetail>('revisions/3');
  expect(plain.changes).toEqual([]);
  const marked = await get<RevisionDetail>('revisions/3?removed=1');
  expect(marked.changes).toMatchObject([
    { path: 'a', before: null, after: { revision: 3 }, beforeRemoved: true },
    { path: 'b', before: null, after: { revision: 3 }, beforeRemoved: true },
  ]);
  expect((await get<RevisionDetail>('revisions/2?removed=1')).changes).toEqual([]);
  const compared = await get<Comparison>('compare?from=0&to=2&removed=1');
  expect(compared.changes).toMatchObject([
    { path: 'a', before: null, after: null, afterRemoved: true },
    { path: 'b', before: null, after: null, afterRemoved: true },
  ]);
  expect((await get<Comparison>('compare?from=1&to=4')).changes.map(({ path }) => path)).toEqual(['c']);
  expect((await get<Comparison>('compare?from=3&to=4')).changes.map(({ path }) => path)).toEqual(['c']);
});

test('a pull of a revision of which something is gone is refused, and one that began keeps its contents', async () => {
  await pushDaily({ a: 'old', b: 'b' }, { a: 'new' }, { a: 'newest' });
  const begun = await server.api.beginPull('tree', { revision: 1, paths: ['a', 'b'] });
  await keep({ last: 1 });
  await prune();
  await gc();
  expect(existsSync(`${server.services.sessions.filesFolderOf(begun.body.id)}/a`)).toBe(true);
  const refused = await server.api.beginPull('tree', { revision: 1, paths: ['a', 'b'] });
  expect(refused).toMatchObject({
    status: 404,
    body: { error: { code: 'version_removed', details: { paths: ['a'] } } },
  });
  expect(await server.api.beginPull('tree', { revision: 1, paths: ['b'] })).toMatchObject({ status: 201 });
});

test('a push that relies on a content whose last version goes meanwhile can be committed', async () => {
  await pushDaily({ a: 'relied on' }, { a: 'x' });
  const { body } = await server.api.beginPush('tree', { base: 2, changes: [put('b', 'relied on')] });
  expect(body.upload).toEqual([]);
  await keep({ last: 1 });
  await prune();
  await gc();
  expect(await server.api.commit('tree', body.id)).toMatchObject({ status: 200 });
  expect(await contentOf('b', 3)).toBe('relied on');
});

test('only trees with a policy lose versions, and only bytes that no other tree has count', async () => {
  await pushDaily({ a: 'shared', b: 'alone' }, { a: 'x', b: 'y' });
  await server.api.makeTree('other');
  await pushDirectly(server, 'other', 0, { a: 'shared' });
  await pushDirectly(server, 'other', 1, { a: 'z' });
  await keep({ last: 1 });
  expect(await plan()).toEqual([{ name: 'tree', revisions: 1, versions: 2, bytes: 'alone'.length }]);
  await expect(prune('other')).rejects.toThrow('other keeps all its revisions.');
  await expect(prune('absent')).rejects.toThrow('No tree is named "absent".');
  await keep({ last: 1 }, 'other');
  const bytes = (await plan()).reduce((sum, tree) => sum + tree.bytes, 0);
  expect(bytes).toBe('shared'.length + 'alone'.length);
  await keep(null, 'other');
  await prune();
  await gc();
  expect(await isStored('shared')).toBe(true);
});

test('a table whose revision is removed while it is read ends with an error, not with older entries', async () => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, number) => [`f${number}`, '1']));
  await pushDaily(files, { z: '1' }, { z: '2' });
  const { pages } = await server.services.trees.table('tree', { since: 0, reader: 'bob' });
  const reading = pages[Symbol.asyncIterator]();
  await reading.next();
  await pushDirectly(server, 'tree', 3, { z: '3' });
  await keep({ last: 1 });
  await prune();
  await expect(reading.next()).rejects.toMatchObject({ code: 'version_removed' });
});

test('a deleted tree is purged with its policy', async () => {
  await pushDaily({ a: '1' }, { a: '2' });
  await keep({ last: 1 });
  await server.services.treeAdministration.delete('tree');
  await server.services.garbage.collect({ dryRun: false, purgeBefore: 'now', workShare: 1, ...work });
  expect(await server.database.selectFrom('retention').selectAll().execute()).toEqual([]);
  expect(await server.database.selectFrom('trees').selectAll().execute()).toEqual([]);
});

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Comparison, PathHistory, RevisionDetail, RevisionList } from '../contract/history';
import type { Change, ErrorBody, FileEntry } from '../contract/schemas';
import { symlink, put, puts, type Files } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

const createdAt = '2030-01-02T03:04:05.678Z';
let server: TestServer;
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(createdAt) });
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

const get = <T>(path: string) => server.api.call<T & ErrorBody>('GET', `/v1/trees/${tree}/${path}`);
const remove = (path: string): Change => ({ op: 'delete', path });

function entry(change: Change, revision: number): FileEntry {
  if (change.op === 'delete') throw new Error('a deletion leaves no entry');
  const { op: _, ...attributes } = change;
  return { ...attributes, revision };
}

/** Pushes four revisions: a first one, an edit, a forced edit, and a revert to the first. */
async function pushFour(): Promise<void> {
  await pushDirectly(server, tree, 0, { a: '1', b: 'b' }, { message: 'first' });
  const changes = [put('a', '2'), remove('b'), symlink('l', 'a')];
  await pushDirectly(server, tree, 1, { a: '2' }, { changes, message: '  two\nlines  ' });
  await pushDirectly(server, tree, 0, { a: '3' }, { force: true, message: '   ' });
  const revert = [put('a', '1'), put('b', 'b'), remove('l')];
  await pushDirectly(server, tree, 3, {}, { changes: revert });
}

const four = [
  { number: 4, author: 'alice', createdAt, message: null, forced: false, put: 2, deleted: 1, renamed: 0 },
  { number: 3, author: 'alice', createdAt, message: null, forced: true, put: 1, deleted: 0, renamed: 0 },
  { number: 2, author: 'alice', createdAt, message: 'two\nlines', forced: false, put: 2, deleted: 1, renamed: 0 },
  { number: 1, author: 'alice', createdAt, message: 'first', forced: false, put: 2, deleted: 0, renamed: 0 },
];

test('revisions have author, time, message and counts, newest first', async () => {
  expect(await get('revisions')).toMatchObject({ status: 200, body: { revisions: [], more: false } });
  await pushFour();
  expect((await get<RevisionList>('revisions')).body).toEqual({ revisions: four, more: false });
});

test('revisions are returned in pages', async () => {
  await pushFour();
  const page = async (query: string) => (await get<RevisionList>(`revisions?${query}`)).body;
  expect(await page('limit=3')).toEqual({ revisions: four.slice(0, 3), more: true });
  expect(await page('limit=3&before=2')).toEqual({ revisions: four.slice(3), more: false });
  expect(await page('limit=1&before=4')).toEqual({ revisions: four.slice(1, 2), more: true });
  expect(await page('limit=4')).toEqual({ revisions: four, more: false });
  expect(await page('before=1')).toEqual({ revisions: [], more: false });
});

test('a page with parameters outside their limits is refused', async () => {
  const refused = { status: 422, body: { error: { code: 'invalid_request' } } };
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=', 'before=-1', 'before=1.5']) {
    expect(await get(`revisions?${query}`)).toMatchObject(refused);
    expect(await get(`history?path=a&${query}`)).toMatchObject(refused);
  }
  expect((await get('revisions?limit=200')).status).toBe(200);
});

test('a message has at most 2,000 characters, and a push without changes stores none', async () => {
  const begin = (message: unknown) =>
    server.api.call('POST', `/v1/trees/${tree}/pushes`, { base: 0, changes: puts({ a: '1' }), message });
  const refused = { status: 422, body: { error: { code: 'invalid_request' } } };
  for (const message of ['a\0b', 'x'.repeat(2001), 7]) expect(await begin(message)).toMatchObject(refused);
  const longest = 'ü'.repeat(2000);
  expect(await pushDirectly(server, tree, 0, { a: '1' }, { message: `\n${longest} ` })).toBe(1);
  expect(await pushDirectly(server, tree, 1, { a: '1' }, { message: 'nothing' })).toBe(1);
  const { revisions } = (await get<RevisionList>('revisions')).body;
  expect(revisions.map((revision) => revision.message)).toEqual([longest]);
});

test("a revision's changes have the entries before and after, and are sorted by path", async () => {
  await pushFour();
  const detail = async (number: number) => (await get<RevisionDetail>(`revisions/${number}`)).body;
  expect(await detail(1)).toEqual({
    revision: four[3],
    changes: [
      { path: 'a', before: null, after: entry(put('a', '1'), 1) },
      { path: 'b', before: null, after: entry(put('b', 'b'), 1) },
    ],
  });
  expect(await detail(4)).toEqual({
    revision: four[0],
    changes: [
      { path: 'a', before: entry(put('a', '3'), 3), after: entry(put('a', '1'), 4) },
      { path: 'b', before: null, after: entry(put('b', 'b'), 4) },
      { path: 'l', before: entry(symlink('l', 'a'), 2), after: null },
    ],
  });
});

test('a change of attributes alone is a change', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  const changes = [put('a', '1', { mode: 0o755 })];
  await pushDirectly(server, tree, 1, {}, { changes });
  const [change] = (await get<RevisionDetail>('revisions/2')).body.changes;
  expect(change).toMatchObject({ before: { mode: 0o644, revision: 1 }, after: { mode: 0o755, revision: 2 } });
});

test('any two revisions can be compared, in either order', async () => {
  await pushFour();
  const compare = async (from: number, to: number) => (await get<Comparison>(`compare?from=${from}&to=${to}`)).body;
  const forward = [
    { path: 'a', before: entry(put('a', '1'), 1), after: entry(put('a', '3'), 3) },
    { path: 'b', before: entry(put('b', 'b'), 1), after: null },
    { path: 'l', before: null, after: entry(symlink('l', 'a'), 2) },
  ];
  expect(await compare(1, 3)).toEqual({ from: 1, to: 3, changes: forward });
  const backward = forward.map(({ path, before, after }) => ({ path, before: after, after: before }));
  expect(await compare(3, 1)).toEqual({ from: 3, to: 1, changes: backward });
  expect((await compare(0, 2)).changes.map((change) => change.path)).toEqual(['a', 'l']);
  expect((await compare(2, 0)).changes.map((change) => change.after)).toEqual([null, null]);
  expect((await compare(2, 2)).changes).toEqual([]);
});

test('a revert equals the revision that it reverted to', async () => {
  await pushFour();
  expect((await get('compare?from=1&to=4')).body).toEqual({ from: 1, to: 4, changes: [] });
});

test("a path's history has each version, including deletions and forced pushes", async () => {
  await pushFour();
  const by = { author: 'alice', createdAt };
  const of = async (query: string) => (await get<PathHistory>(`history?${query}`)).body;
  const versions = [
    { revision: 4, ...by, message: null, entry: entry(put('a', '1'), 4) },
    { revision: 3, ...by, message: null, entry: entry(put('a', '3'), 3) },
    { revision: 2, ...by, message: 'two\nlines', entry: entry(put('a', '2'), 2) },
    { revision: 1, ...by, message: 'first', entry: entry(put('a', '1'), 1) },
  ];
  expect(await of('path=a')).toEqual({ versions, more: false });
  expect(await of('path=a&limit=2')).toEqual({ versions: versions.slice(0, 2), more: true });
  expect(await of('path=a&limit=2&before=3')).toEqual({ versions: versions.slice(2), more: false });
  expect((await of('path=b')).versions.map((version) => [version.revision, version.entry?.hash])).toEqual([
    [4, put('b', 'b').hash],
    [2, undefined],
    [1, put('b', 'b').hash],
  ]);
  expect((await of('path=l')).versions[0]).toMatchObject({ revision: 4, entry: null });
  expect(await of('path=never')).toEqual({ versions: [], more: false });
});

test('a version that added a path names the paths with the same content that its revision deleted and added', async () => {
  const first = { 'n/a': 'one', 'n/b': 'two', 'n/copy': 'one', 'n/empty': '', 'n/other': '', kept: 'three' };
  await pushDirectly(server, tree, 0, first);
  const moved = puts({ 'm/a': 'one', 'm/b': 'two', 'm/copy': 'one', 'm/empty': '', kept: 'two', back: 'four' });
  const gone = ['n/a', 'n/b', 'n/copy', 'n/empty', 'n/other'].map(remove);
  await pushDirectly(server, tree, 1, { back: 'four' }, { changes: [...moved, ...gone] });
  const newest = async (path: string) => (await get<PathHistory>(`history?path=${path}`)).body.versions[0];
  const copies = { deleted: ['n/a', 'n/copy'], added: ['m/a', 'm/copy'] };
  expect(await newest('m/a')).toMatchObject({ sameContent: copies });
  expect(await newest('m/b')).toMatchObject({ sameContent: { deleted: ['n/b'], added: ['m/b'] } });
  expect(await newest('m/empty')).toMatchObject({ sameContent: { deleted: ['n/empty'], added: ['m/empty'] } });
  for (const path of ['kept', 'back', 'n/a']) expect(await newest(path)).not.toHaveProperty('sameContent');
  expect((await get<RevisionList>('revisions')).body.revisions).toMatchObject([
    { put: 6, deleted: 5, renamed: 4 },
    { put: 6, deleted: 0, renamed: 0 },
  ]);
});

test('a path that was added again is a rename only of what its own revision deleted', async () => {
  await pushDirectly(server, tree, 0, { a: 'one', b: 'two' });
  await pushDirectly(server, tree, 1, {}, { changes: [remove('a'), put('c', 'one')] });
  await pushDirectly(server, tree, 2, {}, { changes: [remove('c')] });
  await pushDirectly(server, tree, 3, {}, { changes: [put('c', 'one'), remove('b')] });
  const { versions } = (await get<PathHistory>('history?path=c')).body;
  expect(versions.map(({ revision, sameContent }) => [revision, sameContent?.deleted])).toEqual([
    [4, undefined],
    [3, undefined],
    [2, ['a']],
  ]);
  expect((await get<PathHistory>('history?path=c&before=3&limit=1')).body).toMatchObject({
    versions: [{ sameContent: { deleted: ['a'], added: ['c'] } }],
  });
});

test('the history of a path with special characters is found', async () => {
  const files: Files = { 'ü & #?%/日本\n': 'x' };
  await pushDirectly(server, tree, 0, files);
  const [path = ''] = Object.keys(files);
  const { versions } = (await get<PathHistory>(`history?path=${encodeURIComponent(path)}`)).body;
  expect(versions).toMatchObject([{ entry: { path } }]);
});

test('invalid requests and missing revisions have error bodies', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  const shape = (status: number, code: string) => ({ status, body: { error: { code, message: expect.any(String) } } });
  const invalid = ['compare', 'compare?from=0', 'compare?from=x&to=1', 'revisions/x', 'revisions/-1', 'history'];
  for (const path of invalid) expect(await get(path)).toMatchObject(shape(422, 'invalid_request'));
  expect(await get('history?path=../a')).toMatchObject(shape(422, 'invalid_path'));
  for (const path of ['revisions/0', 'revisions/2', 'compare?from=0&to=2', 'compare?from=2&to=0']) {
    const response = await get(path);
    expect(response).toMatchObject(shape(404, 'revision_not_found'));
    expect(response.body.error.details).toEqual({ head: 1 });
  }
  tree = 'absent';
  for (const path of ['revisions', 'revisions/1', 'compare?from=0&to=0', 'history?path=a']) {
    expect(await get(path)).toMatchObject(shape(404, 'tree_not_found'));
  }
});

test("a limited token cannot read another tree's history", async () => {
  const limited = server.as(await server.services.tokens.create(`limited-${made}`, ['elsewhere']));
  const paths = [
    'revisions',
    'revisions/1',
    'compare?from=0&to=0',
    'history?path=a',
    'content?path=a&revision=1',
    'events',
  ];
  for (const path of paths) {
    const refused = { status: 403, body: { error: { code: 'forbidden' } } };
    expect(await limited.call('GET', `/v1/trees/${tree}/${path}`)).toMatchObject(refused);
    expect((await server.as().call('GET', `/v1/trees/${tree}/${path}`)).status).toBe(401);
  }
});

test('100,000 entries are compared', async () => {
  await pushDirectly(server, tree, 0, { first: 'x' });
  await pushDirectly(server, tree, 1, {}, { changes: [put('second', 'x')] });
  const { id } = await server.services.trees.find(tree);
  for (const table of ['versions', 'entries']) {
    // Pushes of this many are tested elsewhere.
    await sql`
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 99999)
      insert into ${sql.table(table)} (tree_id, path, revision, op, kind, size, mtime_ns, mode, hash)
      select tree_id, 'folder-' || (n % 500) || '/file-' || n, revision, op, kind, size, mtime_ns, mode, hash
      from ${sql.table(table)}, numbers where tree_id = ${id} and path = 'second'`.execute(server.database);
  }
  await sql`
    insert into revisions select tree_id, 3, token_name, created_at, message, forced, 'again', put, deleted, renamed, 0
    from revisions where tree_id = ${id} and number = 2`.execute(server.database);
  await sql`
    insert into versions select tree_id, path, 3, op, kind, size, mtime_ns, 384, hash, target, null, 0
    from versions where tree_id = ${id} and revision = 2`.execute(server.database);
  await sql`update entries set revision = 3, mode = 384 where tree_id = ${id} and revision = 2`.execute(
    server.database,
  );
  await sql`update trees set head = 3 where id = ${id}`.execute(server.database);
  const { changes } = (await get<Comparison>('compare?from=2&to=3')).body;
  expect(changes).toHaveLength(100_000);
  expect(changes.at(-1)).toMatchObject({ before: { mode: 0o644 }, after: { mode: 0o600 } });
});

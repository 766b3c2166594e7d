import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { put, symlink } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import { maxItems } from '../contract/limits';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test(
  'a tree with as many files as a client reads is refused another, and may change',
  { timeout: 300_000 },
  async () => {
    await server.api.makeTree('full');
    await pushDirectly(server, 'full', 0, { a: '1' });
    await sql`insert into entries (tree_id, path, revision, op, kind, size, mtime_ns, mode, hash)
    with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < ${maxItems})
    select tree_id, printf('b/%07d', n), revision, op, kind, size, mtime_ns, mode, hash from entries, numbers where path = 'a'`.execute(
      server.database,
    );
    const begin = (...changes: ReturnType<typeof put>[]) => server.api.beginPush('full', { base: 1, changes });
    const refused = { status: 422, body: { error: { code: 'too_many_files' } } };
    expect(await begin(put('another', '2'))).toMatchObject(refused);
    expect(await begin(symlink('another', 'a'))).toMatchObject(refused);
    expect(await begin(put('a', '2'))).toMatchObject({ status: 201 });
    const renamed = [{ op: 'delete', path: 'a' } as const, put('another', '1')];
    expect(await server.api.beginPush('full', { base: 1, changes: renamed })).toMatchObject({ status: 201 });
    await pushDirectly(server, 'full', 1, {}, { changes: [{ op: 'delete', path: 'b/0000002' }] });
    expect(await server.api.beginPush('full', { base: 2, changes: [put('another', '2')] })).toMatchObject({
      status: 201,
    });
  },
);

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { put } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer } from '../../test/testServer';

test('the migration counts the paths of existing revisions', async () => {
  const server = await startTestServer();
  for (const tree of ['one', 'two']) await server.api.makeTree(tree);
  await pushDirectly(server, 'two', 0, { x: 'x' });
  await pushDirectly(server, 'one', 0, { a: '1', b: '2', c: '3' });
  const changes = [put('a', '4'), { op: 'delete', path: 'b' } as const, { op: 'delete', path: 'c' } as const];
  await pushDirectly(server, 'one', 1, { a: '4' }, { changes });
  const counts = async () => (await server.api.call('GET', '/v1/trees/one/revisions')).body;
  const before = await counts();
  expect(before).toMatchObject({
    revisions: [
      { put: 1, deleted: 2 },
      { put: 3, deleted: 0 },
    ],
  });

  const old = ['put', 'deleted', 'renamed', 'removed'].map((column) => `alter table revisions drop column ${column}`);
  old.push(
    'drop index versions_by_revision',
    'drop index revisions_by_token',
    'drop index entries_with_dots',
    'drop index versions_by_content',
    'create index versions_by_hash on versions (tree_id, hash)',
    'alter table trees drop column deleted_at',
    'alter table trees drop column deleted_name',
    'drop table former_names',
    'drop table maintenance',
    'drop table recipes',
    'drop table chunks',
    'drop table slices',
    'drop table packs',
    'drop table retention',
    'drop index versions_after_removed',
    'alter table versions drop column removed_since',
    'alter table versions drop column removed',
    'alter table tokens drop column read_only',
    'delete from migrations where number >= 2',
  );
  for (const statement of old) await sql.raw(statement).execute(server.database);
  await server.stop();
  const { dataFolder } = server;
  const again = await startTestServer({ dataFolder, tokenName: 'later' });
  expect((await again.api.call('GET', '/v1/trees/one/revisions')).body).toEqual(before);
  expect(await pushDirectly(again, 'one', 2, { d: '5' })).toBe(3);
  await again.stop();
});

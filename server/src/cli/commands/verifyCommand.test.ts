import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { puts, put, sha256, symlink } from '../../../test/changes';
import { buildServer, runCommand } from '../../../test/childServer';
import { pushDirectly } from '../../../test/directPush';
import { manyFiles, packFiles, pushPacked } from '../../../test/packs';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../../test/testServer';

// The command has the lowest priority, so a busy machine lets it wait.
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let server: TestServer;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  server = await startTestServer();
  await server.api.makeTree('t');
  const files = { 'a.md': 'first', 'd/b': 'second', same: 'second' };
  await pushDirectly(server, 't', 0, files, { changes: [...puts(files), symlink('l', 'a.md')] });
  await pushDirectly(server, 't', 1, { 'a.md': 'newer' });
});
afterEach(() => server.stop());

const verify = (...args: string[]) => runCommand(bundle, ['verify', '--data', server.dataFolder, ...args]);
const objectOf = (content: string) => server.services.objects.fileOf(sha256(content));
const quarantined = (content: string) => join(server.dataFolder, 'quarantine', sha256(content));

/** The lines about damage, without the last line. */
async function damagesOf(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await verify(...args);
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  const last = lines.pop();
  expect(code).toBe(lines.length === 0 ? 0 : 1);
  const count = `Found ${lines.length} ${lines.length === 1 ? 'fault' : 'faults'}.`;
  expect(last).toContain(lines.length === 0 ? 'Everything is whole.' : count);
  return lines;
}

function change(file: string, to: (file: string) => void): void {
  chmodSync(file, 0o644);
  to(file);
}

test('a whole data folder has no damage, and the totals are printed', async () => {
  expect(await damagesOf()).toEqual([]);
  expect(await damagesOf('--quick')).toEqual([]);
  expect((await verify()).stdout).toBe('Verified 3 contents (16 B) of 1 tree. Everything is whole.\n');
  const { stdout } = await verify('--json');
  expect(JSON.parse(stdout)).toEqual({ trees: 1, contents: 3, bytes: 16, damages: 0 });
});

test('a flipped byte is found, and a push of the same content repairs it', async () => {
  change(objectOf('second'), (file) => writeFileSync(file, 'sEcond'));
  expect(await damagesOf('--quick')).toEqual([]);
  const who = '"d/b"@1 of t, "same"@1 of t: the content';
  const cure = 'Push (Force) from a machine that has the file repairs it.';
  const fault = `${who} ${sha256('second')} has other content.`;
  expect(await damagesOf('--dry-run')).toEqual([`${fault} ${cure}`]);
  expect(await damagesOf()).toEqual([`${fault} It was moved to quarantine/${sha256('second')}. ${cure}`]);
  expect(readFileSync(quarantined('second'), 'utf8')).toBe('sEcond');
  expect(await damagesOf()).toEqual([`${who} ${sha256('second')} is missing. ${cure}`]);

  await pushDirectly(server, 't', 2, { 'd/b': 'second' }, { changes: [put('d/b', 'second')], force: true });
  expect(await damagesOf()).toEqual([]);
  expect(readFileSync(quarantined('second'), 'utf8')).toBe('sEcond');
});

test('truncated and missing contents of old revisions are named with their versions', async () => {
  change(objectOf('first'), (file) => truncateSync(file, 2));
  rmSync(objectOf('newer'));
  const lines = (await damagesOf('--quick')).sort();
  expect(lines).toEqual([
    expect.stringMatching(/^"a\.md"@1 of t: .* has 2 bytes instead of 5\. It was moved to .*\. A push of any file/),
    expect.stringMatching(/^"a\.md"@2 of t: .* is missing\. Push \(Force\)/),
  ]);
  const [json] = (await verify('--json')).stdout.split('\n');
  expect(JSON.parse(json ?? '')).toMatchObject({
    kind: 'missing',
    uses: [{ tree: 't', path: 'a.md', isHead: expect.any(Boolean) }],
    useCount: 1,
  });
});

test('a link in the place of an object is moved, and not followed', async () => {
  const outside = join(temporaryFolder(), 'outside');
  writeFileSync(outside, 'first');
  rmSync(objectOf('first'));
  symlinkSync(outside, objectOf('first'));
  expect(await damagesOf()).toEqual([expect.stringContaining('is not a regular file. It was moved to')]);
  expect(readFileSync(outside, 'utf8')).toBe('first');
});

test('an object that no revision uses is read too, and other files are left alone', async () => {
  change(objectOf('first'), (file) => appendFileSync(join(file, '..', 'a note'), 'x'));
  writeFileSync(objectOf('nobody'), 'nobody');
  expect(await damagesOf()).toEqual([]);
  writeFileSync(objectOf('nobody'), 'other');
  expect(await damagesOf('--tree', 't')).toEqual([]);
  expect(await damagesOf()).toEqual([expect.stringMatching(/^No revision: .* Nothing is lost\.$/)]);
  expect(existsSync(join(objectOf('first'), '..', 'a note'))).toBe(true);
  expect(readdirSync(join(server.dataFolder, 'quarantine'))).toEqual([sha256('nobody')]);
});

test('entries that differ from the versions are named', async () => {
  const { database } = server;
  await database.updateTable('entries').set({ size: 9, mode: 0 }).where('path', '=', 'same').execute();
  await database.deleteFrom('entries').where('path', '=', 'd/b').execute();
  await database.deleteFrom('versions').where('path', '=', 'l').execute();
  expect((await damagesOf()).sort()).toEqual([
    '"d/b"@1 of t: the entry is missing. Restore a backup.',
    '"l"@1 of t: the entry has no version. Restore a backup.',
    '"same"@1 of t: the entry has another size, mode. Restore a backup.',
  ]);
});

test('symlinks that lead outside or were damaged, sizes and a head that nothing supports are named', async () => {
  const { database } = server;
  for (const table of ['entries', 'versions'] as const) {
    await database.updateTable(table).set({ target: '../a.md' }).where('path', '=', 'l').execute();
    await database.updateTable(table).set({ size: 7 }).where('path', '=', 'same').execute();
  }
  await database.updateTable('trees').set({ head: 9 }).execute();
  expect((await damagesOf()).sort()).toEqual([
    expect.stringMatching(/^"l" of t: the symlink leads outside the tree\. Delete or change the symlink/),
    '"l"@1 of t: the target of the symlink is damaged. Restore a backup.',
    expect.stringMatching(/^"same"@1 of t: the content \w+ has 6 bytes instead of 7\. Restore a backup\.$/),
    'The tree t: its head is 9, and its newest revision is 2. Restore a backup.',
  ]);
  expect(readdirSync(server.dataFolder)).not.toContain('quarantine');
});

test('rows that refer to nothing, and a damaged index, are named', async () => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(join(server.dataFolder, 'palmtree.sqlite'), { enableForeignKeyConstraints: false });
  file.exec(`delete from revisions where number = 1`);
  file.enableDefensive(false);
  file.exec(`pragma writable_schema = on;
    update sqlite_master set sql = replace(sql, '"revision", "path"', '"revision", "hash"') where name = 'versions_by_revision'`);
  file.close();
  const lines = await damagesOf();
  expect(lines).toContain('The database has 4 rows in versions that refer to no row in revisions. Restore a backup.');
  expect(lines).toContainEqual(expect.stringMatching(/^The database is damaged \(.*versions_by_revision.*\)\./));
});

test('a content that is removed with its versions meanwhile is no damage', async () => {
  const { verify: run } = await import('../../verify/verify');
  const { services, database } = server;
  rmSync(objectOf('first'));
  const damages: unknown[] = [];
  let isRead = false;
  const result = await run(
    {
      contentsOf: () => services.contents,
      withDatabase: async (use) => {
        const used = await use(database);
        // The rows go after the contents were listed, as when old revisions are removed.
        if (isRead) await database.deleteFrom('versions').where('hash', '=', sha256('first')).execute();
        return used;
      },
    },
    {
      treeNames: undefined,
      quick: false,
      dryRun: false,
      signal: new AbortController().signal,
      onDamage: (damage) => damages.push(damage),
      onTotal: () => (isRead = true),
      onContent: () => undefined,
    },
  );
  expect([damages, result.damages]).toEqual([[], 0]);
});

test('an unknown tree is refused', async () => {
  const { code, stderr } = await verify('--tree', 'x');
  expect([code, stderr]).toEqual([1, expect.stringContaining('the tree x does not exist')]);
});

test('a damaged content in a pack is found and forgotten, so that a push stores it anew; the rest of the pack is whole', async () => {
  const files = manyFiles('many');
  await pushPacked(server, 't', 2, files);
  const [pack = ''] = packFiles(server);
  change(pack, (file) => writeFileSync(file, '?', { flag: 'r+' }));
  expect(await damagesOf('--quick')).toEqual([]);
  const [damage = '', ...others] = await damagesOf();
  expect(damage).toMatch(/^"many\/000000\.txt"@3 of t: the content \w+ has other content\. Push \(Force\)/);
  expect(others).toEqual([]);
  expect(await damagesOf()).toEqual([expect.stringContaining('is missing')]);
  await pushDirectly(server, 't', 3, files, { force: true });
  expect(await damagesOf()).toEqual([]);
  truncateSync(pack, 100);
  expect((await damagesOf('--quick')).length).toBe(299);
});

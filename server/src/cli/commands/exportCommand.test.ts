import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { put, puts, sha256, symlink } from '../../../test/changes';
import { buildServer, runCommand } from '../../../test/childServer';
import { pushDirectly } from '../../../test/directPush';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../../test/testServer';

let bundle: string;
let server: TestServer;

beforeAll(async () => {
  bundle = await buildServer();
  server = await startTestServer();
  await server.api.makeTree('t');
  const changes = [
    put('a.md', 'one', { mode: 0o640, mtimeNs: '1600000000000000000' }),
    put('d/b', 'b'),
    symlink('l', 'a.md'),
  ];
  await pushDirectly(server, 't', 0, { 'a.md': 'one', 'd/b': 'b' }, { changes });
  const next = [put('a.md', 'two'), { op: 'delete', path: 'd/b' } as const];
  await pushDirectly(server, 't', 1, { 'a.md': 'two' }, { changes: next });
});
afterAll(() => server.stop());

const run = (...args: string[]) => runCommand(bundle, ['export', ...args, '--data', server.dataFolder]);

test('any revision is exported while the server is running', async () => {
  const old = join(temporaryFolder(), 'old');
  expect(await run('t', '--revision', '1', '--to', old)).toMatchObject({ code: 0 });
  expect(readFileSync(join(old, 'a.md'), 'utf8')).toBe('one');
  expect(readFileSync(join(old, 'd/b'), 'utf8')).toBe('b');
  expect(readlinkSync(join(old, 'l'))).toBe('a.md');
  const { mode, mtimeMs } = lstatSync(join(old, 'a.md'));
  expect([mode & 0o777, mtimeMs]).toEqual([0o640, 1_600_000_000_000]);
  writeFileSync(join(old, 'a.md'), 'an edit of the copy');

  const head = temporaryFolder();
  expect((await run('t', '--to', head)).stdout).toContain('Exported 2 files of t at revision 2');
  expect(readdirSync(head).sort((x, y) => x.localeCompare(y))).toEqual(['a.md', 'l']);
  expect(readFileSync(join(head, 'a.md'), 'utf8')).toBe('two');
});

test('a folder that is not empty, an unknown revision and an unknown tree are reported on one line', async () => {
  const occupied = temporaryFolder();
  mkdirSync(join(occupied, 'mine'));
  const refusals = [
    [await run('t', '--to', occupied), /is not empty/],
    [await run('t', '--revision', '9', '--to', join(occupied, 'x')), /revision 2, not 9/],
    [await run('nowhere', '--to', join(occupied, 'x')), /tree nowhere does not exist/],
  ] as const;
  for (const [{ code, stderr }, message] of refusals) {
    expect(code).toBe(1);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  }
  expect(readdirSync(occupied)).toEqual(['mine']);
});

test('damaged and lost content, and a link that the system refuses, are named, and the rest is exported', async () => {
  await server.api.makeTree('bad');
  const files = { 'd/damaged': 'good content', fine: 'fine', lost: 'lost content', 'z/last': 'last' };
  await pushDirectly(server, 'bad', 0, files, { changes: [...puts(files), symlink('link', 'fine')] });
  const damaged = server.services.objects.fileOf(sha256('good content'));
  chmodSync(damaged, 0o644);
  writeFileSync(damaged, 'evil content');
  rmSync(server.services.objects.fileOf(sha256('lost content')));
  // An earlier server accepted longer targets than a system does.
  await server.database
    .updateTable('entries')
    .set({ target: 'x'.repeat(4_096) })
    .where('path', '=', 'link')
    .execute();
  await server.database
    .updateTable('versions')
    .set({ target: 'x'.repeat(4_096) })
    .where('path', '=', 'link')
    .execute();
  const to = join(temporaryFolder(), 'bad');
  const { code, stderr } = await run('bad', '--to', to);
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain('3 of 5 files could not be exported');
  expect(stderr).toContain('"d/damaged" (its stored content is damaged)');
  expect(stderr).toContain('"lost" (its stored content is lost)');
  expect(stderr).toContain('"link" (ENAMETOOLONG)');
  expect(readdirSync(join(to, 'd'))).toEqual([]);
  expect(readFileSync(join(to, 'z/last'), 'utf8')).toBe('last');
  expect(readFileSync(join(to, 'fine'), 'utf8')).toBe('fine');
});

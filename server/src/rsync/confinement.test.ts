import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inParallel } from '../concurrency/inParallel';
import { puts, sha256, writeFiles } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { fileListOptions, nameList, runRsync } from '../../test/rsyncClient';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { SessionAccess } from '../../test/transfers';

let server: TestServer;
let tree: string;
let made = 0;
let inbox: SessionAccess;
let view: SessionAccess;
let source: string;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
  await pushDirectly(server, tree, 0, { a: 'old content', b: 'other' });
  inbox = (await server.api.beginPush(tree, { base: 1, changes: puts({ a: 'new content' }) })).body;
  view = (await server.api.beginPull(tree, { revision: 1, paths: ['a'] })).body;
  source = temporaryFolder();
  writeFiles(source, { a: 'new content' });
});

const run = async (session: SessionAccess, options: readonly string[], over: Partial<SessionAccess> = {}) => {
  const target = { url: await server.rsyncUrl(tree, session.id), token: server.token };
  const { module, password } = { ...session, ...over };
  return runRsync(target, { arguments: options, module, password, cwd: source });
};
const filesOf = (session: SessionAccess) => server.services.sessions.filesFolderOf(session.id);
const objectOf = (content: string) => readFileSync(server.services.objects.fileOf(sha256(content)), 'utf8');

/** Options that the daemon must refuse. `-M` sends an option to it verbatim. */
const refusedOptions = [
  ['--delete'],
  ['--inplace'],
  ['--append'],
  ['--links'],
  ['--keep-dirlinks'],
  ['--hard-links'],
  ['--perms'],
  ['--owner'],
  ['--devices'],
  ['-M--write-devices'],
  ['--specials'],
  ['--checksum'],
  ['--backup'],
  ['--backup-dir=..'],
  ['--temp-dir=/tmp'],
  ['--copy-dest=../../'],
  ['--link-dest=/'],
  ['--compare-dest=/'],
  ['-M--log-file=/tmp/palmtree-planted'],
  ['--remove-source-files'],
  ['-M--max-alloc=1'],
  ['-M--fake-super'],
  ['-M--munge-links'],
  ['-M--no-munge-links'],
  ['-M--config=/dev/null'],
  ['--partial-dir=q'],
  ['-M--partial-dir=q'],
  ['--delay-updates'],
  ['-M--delay-updates'],
];

test('a push with a forbidden option is refused and changes nothing', async () => {
  const accepted: string[] = [];
  await inParallel(refusedOptions, 6, async ([option = '']) => {
    const session = (await server.api.beginPush(tree, { base: 1, changes: puts({ a: 'new content' }) })).body;
    const { exit } = await run(session, ['-r', '-I', option, './', 'MODULE/']);
    const left = readFileSync(join(filesOf(session), 'a'), 'utf8');
    if (exit === 0 || left !== 'old content') accepted.push(option);
  });
  expect(accepted).toEqual([]);
  expect(existsSync('/tmp/palmtree-planted')).toBe(false);
  expect(objectOf('old content')).toBe('old content');
});

test('a file that rsync writes to in place is not an object', async () => {
  for (const folder of ['q', '.~tmp~']) {
    const other = `${tree}-${folder === 'q' ? 'q' : 'tmp'}`;
    await server.api.makeTree(other);
    await pushDirectly(server, other, 0, { [`${folder}/a`]: 'a basis with much in common' });
    const changes = puts({ [`${folder}/a`]: 'another' });
    writeFiles(source, { a: 'A BASIS with much in common' });
    await inParallel([`--partial-dir=${folder}`, '--delay-updates', '--partial'], 3, async (option) => {
      const session = (await server.api.beginPush(other, { base: 1, changes })).body;
      const target = { url: await server.rsyncUrl(other, session.id), token: server.token };
      const { module, password } = session;
      await runRsync(target, { arguments: ['-I', option, './a', 'MODULE/'], module, password, cwd: source });
    });
    expect(objectOf('a basis with much in common')).toBe('a basis with much in common');
  }
});

test('a file that the client does not have is not deleted', async () => {
  rmSync(join(source, 'a'));
  await run(inbox, ['-I', '--delete-missing-args', './a', 'MODULE/']);
  await run(inbox, ['-r', '--delete-missing-args', './a', '../files/a', 'MODULE/']);
  expect(readdirSync(filesOf(inbox))).toEqual(['a']);
});

test('a pull cannot delete the files that it has read', async () => {
  const { exit } = await run(view, ['-r', '--remove-source-files', 'MODULE/', './pulled']);
  expect(exit).not.toBe(0);
  expect(readdirSync(filesOf(view))).toEqual(['a']);
});

test('paths that point outside the module stay inside', async () => {
  writeFileSync(join(source, 'planted'), 'planted');
  const destinations = ['../planted', '../../planted', '/planted', '../../../../../planted'];
  await inParallel(destinations, 4, async (destination) => {
    await run(inbox, ['-I', './planted', `MODULE/${destination}`]);
  });
  const session = server.services.sessions.folderOf(inbox.id);
  for (const folder of [session, dirname(session), server.dataFolder, dirname(server.dataFolder), '/']) {
    expect(readdirSync(folder)).not.toContain('planted');
  }
  await run(view, ['-r', 'MODULE/../', 'MODULE/../../', './pulled']);
  const pulled = readdirSync(join(source, 'pulled'), { recursive: true }).map(String);
  expect(pulled.filter((name) => /secrets|conf|session/.test(name))).toEqual([]);
});

test('a symlink in the inbox is not followed', async () => {
  const outside = temporaryFolder();
  symlinkSync(outside, join(filesOf(inbox), 'door'));
  mkdirSync(join(source, 'door'));
  writeFileSync(join(source, 'door', 'planted'), 'planted');
  const target = { url: await server.rsyncUrl(tree, inbox.id), token: server.token };
  const { module, password } = inbox;
  await runRsync(target, {
    arguments: [...fileListOptions, './', 'MODULE/'],
    module,
    password,
    cwd: source,
    input: nameList(['door/planted']),
  });
  expect(readdirSync(outside)).toEqual([]);
});

test('an inbox cannot be read, and a view cannot be written', async () => {
  expect((await run(inbox, ['-r', 'MODULE/', './pulled'])).exit).not.toBe(0);
  expect(existsSync(join(source, 'pulled', 'a'))).toBe(false);
  expect((await run(view, ['-r', '-I', './', 'MODULE/'])).exit).not.toBe(0);
  expect(readFileSync(join(filesOf(view), 'a'), 'utf8')).toBe('old content');
});

test('a wrong password or module ends rsync with exit code 5', async () => {
  const send = ['-I', './a', 'MODULE/'];
  expect((await run(inbox, send, { password: 'wrong' })).exit).toBe(5);
  expect((await run(inbox, send, { password: view.password })).exit).toBe(5);
  expect((await run(inbox, send, { module: view.module })).exit).toBe(5);
  expect((await run(inbox, send, { module: '..' })).exit).toBe(5);
  expect(readFileSync(join(filesOf(inbox), 'a'), 'utf8')).toBe('old content');
});

test('the modules are not listed', async () => {
  const { stdout } = await run(inbox, ['MODULE/'], { module: '' });
  expect(stdout).not.toContain(inbox.module);
});

test('modes that a client sends do not lock the server out', async () => {
  const closed = join(source, 'closed');
  mkdirSync(closed);
  writeFileSync(join(closed, 'a'), 'x', { mode: 0o400 });
  chmodSync(closed, 0o500);
  const changes = puts({ a: 'new content', 'closed/a': 'x' });
  const session = (await server.api.beginPush(tree, { base: 1, changes })).body;
  const target = { url: await server.rsyncUrl(tree, session.id), token: server.token };
  const { module, password } = session;
  const sent = await runRsync(target, { arguments: ['-r', '-I', './', 'MODULE/'], module, password, cwd: source });
  chmodSync(closed, 0o755);
  expect(sent.exit).toBe(0);
  expect(statSync(join(filesOf(session), 'closed')).mode & 0o777).toBe(0o755);
  expect(statSync(join(filesOf(session), 'closed', 'a')).mode & 0o777).toBe(0o444);
  expect(statSync(server.services.objects.fileOf(sha256('old content'))).mode & 0o777).toBe(0o444);
});

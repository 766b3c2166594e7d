import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { put, puts, sha256, symlink, type Files } from '../../../test/changes';
import { buildServer, runCommand } from '../../../test/childServer';
import { pushDirectly } from '../../../test/directPush';
import { manyFiles, pushPacked } from '../../../test/packs';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../../test/testServer';

// The commands have the lowest priority, so a busy machine lets them wait.
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let server: TestServer;
let folder: string;
let file: string;
let restored: string;

const large = randomBytes(3 << 20);

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  server = await startTestServer();
  folder = temporaryFolder();
  file = join(folder, 'backup.tar');
  restored = join(folder, 'restored');
  await server.api.makeTree('t');
  const files: Files = { 'a.md': 'first', 'd/large': large, empty: '' };
  await pushDirectly(server, 't', 0, files, { changes: [...puts(files), symlink('l', 'a.md')] });
  await pushDirectly(server, 't', 1, { 'a.md': 'newer' });
});
afterEach(() => server.stop());

const run = (...args: string[]) => runCommand(bundle, args);
const backUp = (...args: string[]) => run('backup', file, '--data', server.dataFolder, ...args);
const restore = (...args: string[]) => run('restore', file, '--data', restored, ...args);
const objectOf = (content: string | Buffer) => server.services.objects.fileOf(sha256(content));

/** The entries of each revision of each tree, with whether their contents are whole. */
async function everything({ services, database }: TestServer, heads: ReadonlyMap<string, number>) {
  const revisions: Record<string, unknown> = {};
  for (const [name, head] of heads) {
    const { id } = await services.trees.find(name);
    for (let revision = 0; revision <= head; revision++) {
      const paths = await services.entries.pathsChanged(id, { older: 0, newer: revision });
      const entries = [...(await services.entries.atRevision(id, revision, paths)).values()];
      const files = entries.filter(({ kind }) => kind === 'file');
      const damaged = [...(await services.contents.findDamaged(files))];
      revisions[`${name}@${revision}`] = { id: await services.trees.revisionId(id, revision), entries, damaged };
    }
  }
  const tokens = await database.selectFrom('tokens').select('hash').where('name', '=', 'alice').execute();
  return { revisions, tokens };
}

async function withRestored<T>(use: (server: TestServer) => Promise<T>): Promise<T> {
  const other = await startTestServer({ dataFolder: restored, tokenName: 'of the restored server' });
  try {
    return await use(other);
  } finally {
    await other.stop();
  }
}

const headsOf = async ({ services }: TestServer) => {
  return new Map((await services.trees.list()).map(({ name, revision }) => [name, revision]));
};

test('a backup that is made while four clients push restores a revision of each tree with all before it', async () => {
  let isDone = false;
  const pushing = ['a', 'b', 'c', 'd'].map(async (tree) => {
    await server.api.makeTree(tree);
    for (let base = 0; !isDone; base++) {
      await pushDirectly(server, tree, base, {
        [`of ${tree}`]: `${tree} ${base}`,
        [`${base % 5}`]: randomBytes(9_000),
      });
    }
  });
  const [result, verified] = await Promise.all([backUp(), run('verify', '--data', server.dataFolder)]);
  isDone = true;
  await Promise.all(pushing);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is whole.') });
  expect(result).toMatchObject({ code: 0, stdout: '' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await restore()).toMatchObject({ code: 0, stderr: '' });
  await withRestored(async (other) => {
    const heads = await headsOf(other);
    expect(heads.get('t')).toBe(2);
    expect(await everything(other, heads)).toEqual(await everything(server, heads));
    expect(await run('verify', '--data', restored)).toMatchObject({ code: 0 });
    await pushDirectly(other, 't', 2, { new: 'new' });
  });
  expect(readdirSync(restored)).not.toContain('restoring');
  expect(readdirSync(server.dataFolder).filter((name) => name.startsWith('backup'))).toEqual([]);
});

test('contents in packs are backed up and restored', async () => {
  await pushPacked(server, 't', 2, manyFiles('many'));
  expect(await backUp()).toMatchObject({ code: 0 });
  expect(await restore()).toMatchObject({ code: 0, stderr: '' });
  await withRestored(async (other) => {
    const heads = await headsOf(other);
    expect(await everything(other, heads)).toEqual(await everything(server, heads));
    expect(await run('verify', '--data', restored)).toMatchObject({ code: 0 });
    await pushPacked(other, 't', 3, manyFiles('more'));
  });
});

test('lost contents are named by the backup and the restore, and all else is restored', async () => {
  chmodSync(objectOf(large), 0o644);
  writeFileSync(objectOf(large), Buffer.from(large).fill(0, 100, 200));
  rmSync(objectOf('newer'));
  const backup = await backUp();
  expect(backup.code).toBe(1);
  const lines = backup.stderr.trimEnd().split('\n');
  expect(lines.sort()).toEqual([
    expect.stringMatching(/^"a\.md"@2 of t: the content \w+ is missing\. Push \(Force\)/),
    expect.stringMatching(/^"d\/large"@1 of t: the content \w+ has other content\./),
    expect.stringMatching(/^Backed up 3 contents .*The backup lacks 2 contents\.$/),
  ]);
  const { code, stdout } = await restore();
  expect(code).toBe(1);
  expect(stdout).toContain('"d/large"@1 of t: the content');
  expect(stdout).toContain('is not in the backup. Push (Force)');
  await withRestored(async (other) => {
    expect(await other.services.objects.findDamaged([put('a', 'first'), put('b', '')])).toEqual(new Set());
    expect(other.services.objects.has(put('c', large))).toBe(false);
  });
});

test('a truncated backup is refused in one line, and the folder stays empty', async () => {
  await backUp();
  truncateSync(file, statSync(file).size - 2_000);
  const { code, stdout, stderr } = await restore();
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^palmtree-server: The backup is truncated after \d+ bytes\. Copy it again[^\n]*\n$/);
  expect(readdirSync(restored)).toEqual(['server.lock']);
});

test('an existing file, a file in the data folder and an occupied folder are left as they are', async () => {
  writeFileSync(file, 'mine');
  expect(await backUp()).toMatchObject({ code: 1, stderr: expect.stringContaining('exists. Choose another') });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const inside = join(server.dataFolder, 'objects', 'backup');
  const refused = await run('backup', inside, '--data', server.dataFolder);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('would be lost with it') });
  expect(await backUp('--force')).toMatchObject({ code: 0 });

  mkdirSync(restored);
  writeFileSync(join(restored, 'mine'), '');
  for (const args of [[], ['--force']]) {
    const { code, stderr } = await restore(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not empty: it has mine.')]);
  }
  const over = await run('restore', file, '--data', server.dataFolder, '--force');
  expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
});

/** Kills the process as soon as `isReached` is true. */
async function killWhen(child: ChildProcess, isReached: () => boolean): Promise<void> {
  const ended = once(child, 'close');
  while (!isReached() && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
}

const start = (...args: string[]) => spawn(process.execPath, [bundle, ...args], { stdio: 'ignore' });

/** Enough that a backup or a restore takes some time. */
async function pushMuch(): Promise<void> {
  const files = Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`${number}`, randomBytes(8 << 20)]));
  await pushDirectly(server, 't', 2, files);
}

test('after a kill, a backup leaves what was there, and the next one removes its remains', async () => {
  await pushMuch();
  writeFileSync(file, 'an earlier backup');
  const partial = () => readdirSync(folder).find((name) => name.includes('.partial-'));
  const child = start('backup', file, '--force', '--data', server.dataFolder);
  await killWhen(child, () => statSync(join(folder, partial() ?? '')).size > 9 << 20);
  expect(readFileSync(file, 'utf8')).toBe('an earlier backup');
  expect(partial()).toBeDefined();
  expect(await backUp('--force')).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual(['backup.tar']);
  expect(readdirSync(server.dataFolder).filter((name) => name.startsWith('backup'))).toEqual([]);
});

test('after a kill, a restored folder is refused by all commands until the restore is repeated', async () => {
  await pushMuch();
  await backUp();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await run(...args, '--data', restored);
    expect([args, code, stderr]).toEqual([args, 1, expect.stringContaining('was interrupted. Run')]);
  };
  await killWhen(start('restore', file, '--data', restored), () => has(/^palmtree\.sqlite$/));
  await refused('serve', '--port', '0');
  await refused('token', 'create', 'x');
  await killWhen(start('restore', file, '--data', restored, '--force'), () => has(/^[0-9a-f]{64}$/));
  await refused('verify');
  await refused('restore', file);
  writeFileSync(join(restored, 'mine'), '');
  expect(await restore('--force')).toMatchObject({ code: 1, stderr: expect.stringContaining('it has mine.') });
  rmSync(join(restored, 'mine'));
  expect(await restore('--force')).toMatchObject({ code: 0 });
  await withRestored(async (other) => {
    const heads = await headsOf(other);
    expect(await everything(other, heads)).toEqual(await everything(server, heads));
  });
});

/** Whether a name below the restored folder matches. */
function has(name: RegExp): boolean {
  try {
    return readdirSync(restored, { recursive: true, encoding: 'utf8' }).some((path) => name.test(basename(path)));
  } catch (error) {
    // The command creates and removes folders meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

test('a backup goes through a pipe into a restore, and ends when the reader goes', async () => {
  await pushMuch();
  const args = [bundle, 'backup', '-', '--data', server.dataFolder];
  const piped = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const target = spawn(process.execPath, [bundle, 'restore', '-', '--data', restored], {
    stdio: [piped.stdout, 'ignore', 'ignore'],
  });
  expect(await Promise.all([once(piped, 'exit'), once(target, 'exit')])).toEqual([
    [0, null],
    [0, null],
  ]);
  const closed = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  closed.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  await once(closed.stdout, 'data');
  closed.stdout.destroy();
  expect((await once(closed, 'close'))[0]).toBe(1);
  expect(words).toMatch(/^palmtree-server: The backup could not be written to the output \(EPIPE\)/);
  expect(readdirSync(server.dataFolder).filter((name) => name.startsWith('backup'))).toEqual([]);
});

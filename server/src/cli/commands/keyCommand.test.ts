import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildServer } from '../../../test/childServer';
import { temporaryFolder } from '../../../test/temporaryFolder';

const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAIHhFThSBWPXpg5rSqKLZsRet64GWUrVGU6hV+giuF3Kf';
const others = `# ${'of others '.repeat(2_000)}\n`;

let bundle: string;
let dataFolder: string;
let home: string;
let file: string;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(() => {
  [dataFolder, home] = [temporaryFolder(), temporaryFolder()];
  file = join(home, '.ssh', 'authorized_keys');
  mkdirSync(join(home, '.ssh'));
  writeFileSync(file, others);
  const { status, stderr } = run('key', 'add', 'laptop');
  if (status !== 0) throw new Error(stderr);
});

const run = (...args: string[]) => runIn(home, ...args);

function runIn(folder: string, ...args: string[]) {
  const options = {
    input: `ssh-ed25519 ${blob} me`,
    env: { ...process.env, HOME: folder },
    encoding: 'utf8',
  } as const;
  return spawnSync(process.execPath, [bundle, ...args, '--data', dataFolder], options);
}

const keysIn = (path: string): string => readFileSync(path, 'utf8');

test('revoking the token of a key removes its line', () => {
  expect(keysIn(file)).toContain(blob);
  expect(run('token', 'revoke', 'laptop')).toMatchObject({ status: 0, stderr: '' });
  expect(keysIn(file)).toBe(others);
});

test('removing a key that the file does not have fails and names the file, though the access has ended', () => {
  const elsewhere = temporaryFolder();
  const removed = runIn(elsewhere, 'key', 'remove', 'laptop');
  expect(removed.status).toBe(1);
  expect(removed.stderr).toContain(
    `${join(elsewhere, '.ssh', 'authorized_keys')} has no line for a key named "laptop".`,
  );
  expect(removed.stderr).toContain('Its access was revoked.');
  expect(run('token', 'list').stdout).not.toContain('laptop');
  expect(run('key', 'remove', 'laptop')).toMatchObject({ status: 0, stderr: '' });
  expect(keysIn(file)).toBe(others);
});

test('a file that cannot be written whole stays as it was', () => {
  const before = keysIn(file);
  // A process may then write 4 KiB to a file at most.
  const script = 'ulimit -f 8; exec "$@"';
  const args = ['-c', script, 'sh', process.execPath, bundle, 'key', 'remove', 'laptop', '--data', dataFolder];
  const { status, stderr } = spawnSync('sh', args, { env: { ...process.env, HOME: home }, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: `palmtree-server: ${file} cannot be written (EFBIG).\n` });
  expect(keysIn(file)).toBe(before);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildServer, runCommand } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';

const isLinux = process.platform === 'linux';
const canMount = isLinux && process.getuid?.() === 0;

let bundle: string;
beforeAll(async () => {
  bundle = await buildServer();
});

const refusal = async (folder: string) => {
  const { code, stdout, stderr } = await runCommand(bundle, ['serve', '--port', '0', '--data', folder]);
  expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, stdout: '', lines: 1 });
  expect(stderr).toContain('--data');
  return stderr;
};

const fileIn = (folder: string) => {
  writeFileSync(join(folder, 'file'), 'x');
  return join(folder, 'file');
};

const links = (folder: string) => {
  symlinkSync('there', join(folder, 'here'));
  symlinkSync('here', join(folder, 'there'));
  return join(folder, 'here');
};

const dangling = (folder: string) => {
  symlinkSync('nowhere', join(folder, 'link'));
  return join(folder, 'link');
};

test.each<[place: string, path: (folder: string) => string, words: string]>([
  ['a file', fileIn, 'it is not a folder (EEXIST)'],
  ['below a file', (folder) => join(fileIn(folder), 'a', 'b'), 'below a file (ENOTDIR)'],
  ['a link to nothing', dangling, 'it is not a folder (EEXIST)'],
  ['a circle of links', links, 'its links lead in a circle (ELOOP)'],
  ['a name of more than 255 bytes', (folder) => join(folder, 'x'.repeat(300)), 'is too long (ENAMETOOLONG)'],
  ['an empty path', () => '', 'is empty'],
])('a server at %s says why it does not start', async (_, path, words) => {
  const folder = temporaryFolder();
  expect(await refusal(path(folder))).toContain(words);
});

test.runIf(isLinux).each([
  ['/proc/nope', /there \((ENOENT|EACCES|EPERM)\)/],
  ['/proc/self/fd/nope/a', /there \((ENOENT|EACCES|EPERM)\)/],
  ['/proc', /there \((ENOENT|EACCES|EPERM)\)/],
  ['/dev/null', /it is not a folder \(EEXIST\)/],
  ['/dev/null/a', /below a file \(ENOTDIR\)/],
])('a server at %s says why it does not start', async (folder, words) => {
  expect(await refusal(folder)).toMatch(words);
});

test.runIf(isLinux)('an export to /proc says why nothing is written', async () => {
  const data = temporaryFolder();
  expect(await runCommand(bundle, ['token', 'create', 'me', '--data', data])).toMatchObject({ code: 0 });
  const { code, stderr } = await runCommand(bundle, ['export', 'tree', '--to', '/proc/nope', '--data', data]);
  expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
});

describe.runIf(canMount)('on a read-only disk', () => {
  test.each(['a new', 'an existing'])('a server with %s data folder says so', async (kind) => {
    const disk = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      const data = join(disk, 'data');
      if (kind === 'an existing') {
        mkdirSync(data, { mode: 0o700 });
        await runCommand(bundle, ['token', 'create', 'me', '--data', data]);
      }
      const before = readdirSync(disk);
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      expect(await refusal(data)).toContain('its disk is read-only (EROFS)');
      expect(readdirSync(disk)).toEqual(before);
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../core/observation';
import { scan } from './scan';
import type { ScanResult } from './scannerPort';

let root: string;
let known: Map<string, Observation>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'palmtree-gitignore-'));
  chmodSync(root, 0o755);
  known = new Map();
  mkdirSync(join(root, 'lib/deep'), { recursive: true });
  for (const path of ['other', 'lib/secret', 'lib/deep/secret']) writeFileSync(join(root, path), path);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function rescan(only?: readonly string[], respectGitignore = true): Promise<ScanResult> {
  const scope = { rules: [{ path: '', kind: 'folder', effect: 'track' } as const], exclude: [], respectGitignore };
  // Root may read everything.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const result = await scan({
      root,
      scope,
      known,
      only,
      honorsModes: true,
      script: '',
      stop: new SharedArrayBuffer(4),
    });
    for (const path of result.removed) known.delete(path);
    for (const observation of result.changed) known.set(observation.path, observation);
    return result;
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

async function listenAt(path: string): Promise<void> {
  const server = createServer().unref();
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

const faults: [string, string, (path: string) => void | Promise<void>][] = [
  ['without read permission', 'gitignore-unreadable', (path) => writeFileSync(path, 'secret', { mode: 0 })],
  ['that is a dangling link', 'gitignore-link', (path) => symlinkSync('nowhere', path)],
  ['that is a link to a file', 'gitignore-link', (path) => symlinkSync('../other', path)],
  ['that is a link to itself', 'gitignore-link', (path) => symlinkSync('.gitignore', path)],
  ['that is a link to an endless device', 'gitignore-link', (path) => symlinkSync('/dev/zero', path)],
  ['that is a pipe', 'gitignore-not-a-file', (path) => void execFileSync('mkfifo', [path])],
  ['that is a socket', 'gitignore-not-a-file', listenAt],
  ['that is a folder', 'gitignore-not-a-file', (path) => mkdirSync(path)],
  ['in UTF-16', 'gitignore-not-text', (path) => writeFileSync(path, '\uFEFFsecret\r\n', 'utf16le')],
  ['that is too large', 'gitignore-too-large', (path) => (writeFileSync(path, ''), truncateSync(path, (1 << 20) + 1))],
];

describe.each(faults)('a .gitignore %s', (_, reason, create) => {
  it('keeps its folder from being synced, and nothing else', async () => {
    await create(join(root, 'lib/.gitignore'));
    const { changed, problems } = await rescan();
    expect(changed.map(({ path }) => path)).toEqual(['other']);
    expect(problems).toMatchObject([{ path: 'lib/.gitignore', reason }]);
  });

  it('makes nothing look deleted, in a full and in a partial scan', async () => {
    await rescan();
    await create(join(root, 'lib/.gitignore'));
    for (const only of [undefined, ['lib/.gitignore'], ['lib/secret'], ['lib/deep']]) {
      rmSync(join(root, 'lib/deep/secret'), { force: true });
      const { removed, problems } = await rescan(only);
      expect([removed, problems.map(({ path }) => path)]).toEqual([[], ['lib/.gitignore']]);
    }
  });
});

describe('an unreadable .gitignore', () => {
  it('of the workspace folder keeps everything from being synced', async () => {
    await rescan();
    symlinkSync('nowhere', join(root, '.gitignore'));
    writeFileSync(join(root, 'new'), 'new');
    expect(await rescan()).toMatchObject({ changed: [], removed: [], problems: [{ path: '.gitignore' }] });
    expect(await rescan(['new'])).toMatchObject({ changed: [], removed: [], problems: [{ path: '.gitignore' }] });
  });

  it('blocks nothing once it can be read, and then excludes the paths that it matches', async () => {
    mkdirSync(join(root, 'lib/.gitignore'));
    await rescan();
    rmSync(join(root, 'lib/.gitignore'), { recursive: true });
    writeFileSync(join(root, 'lib/.gitignore'), 'secret\n');
    const { changed, problems } = await rescan(['lib/.gitignore']);
    expect([changed.map(({ path }) => path), problems]).toEqual([['lib/.gitignore'], []]);
  });

  it('is a path like any other if .gitignore files are not respected', async () => {
    symlinkSync('secret', join(root, 'lib/.gitignore'));
    const { changed, problems } = await rescan(undefined, false);
    expect(problems).toEqual([]);
    expect(changed.map(({ path }) => path).sort()).toEqual([
      'lib/.gitignore',
      'lib/deep/secret',
      'lib/secret',
      'other',
    ]);
  });

  it('may have exactly 1 MB', async () => {
    writeFileSync(join(root, 'lib/.gitignore'), `secret\n${'#'.repeat((1 << 20) - 7)}`);
    const { changed, problems } = await rescan();
    expect(problems).toEqual([]);
    expect(changed.map(({ path }) => path).sort()).toEqual(['lib/.gitignore', 'other']);
  });
});

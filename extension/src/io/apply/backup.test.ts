import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observeFolder } from '../../../test/support/observeFolder';
import type { Change } from '../../core/change';
import type { Observation } from '../../core/observation';
import { sha256 } from '../fs/sha256';
import { statsAt } from '../fs/stats';
import { applyChanges } from './applyChanges';
import { replaceTarget } from './replaceTarget';
import { ApplyState, type ApplyRequest, type ApplyResult } from './applyState';

let base: string;
let root: string;
let staging: string;
let backup: string;
let observations: Map<string, Observation>;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'palmtree-backup-'));
  root = join(base, 'ws');
  staging = join(base, 'staging');
  backup = join(base, 'backups/b');
  for (const folder of [root, staging]) mkdirSync(folder);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** Writes files to the workspace folder and scans it. */
function given(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) write(root, path, content);
  scan();
}

function scan(): void {
  observations = observeFolder(root, () => true);
}

function put(path: string, content: string): Change {
  write(staging, path, content);
  const to = { path, kind: 'file' as const, size: content.length, mtimeNs: 0n, mode: 0o644, hash: sha256(content) };
  return { path, from: observations.get(path), to };
}

function remove(path: string): Change {
  return { path, from: observations.get(path), to: undefined };
}

function request(changes: readonly Change[], options: Partial<ApplyRequest> = {}): ApplyRequest {
  return { root, staging, backup, changes, observations, ...options };
}

function apply(changes: readonly Change[], options?: Partial<ApplyRequest>): Promise<ApplyResult> {
  return applyChanges(request(changes, options));
}

function backedUp(path: string): string {
  return readFileSync(join(backup, path), 'utf8');
}

/** Writes into the file that is there now, as editors and databases do, instead of replacing it. */
function writeInPlace(file: string | number, content: string): void {
  const descriptor = typeof file === 'number' ? file : openSync(file, 'r+');
  ftruncateSync(descriptor);
  writeSync(descriptor, content, 0);
  if (typeof file === 'string') closeSync(descriptor);
}

const isOnServer = (): boolean => true;

describe('a later write does not change the backup', () => {
  it.each(['put', 'remove'])('of a file that has another name (%s)', async (kind) => {
    given({ 'd/a': 'mine' });
    linkSync(join(root, 'd/a'), join(base, 'other name'));
    scan();
    await apply([kind === 'put' ? put('d/a', 'theirs') : remove('d/a')], { isOnServer });
    writeInPlace(join(base, 'other name'), 'later');
    expect(backedUp('d/a')).toBe('mine');
  });

  it('of a file whose content the server does not have, while a program has it open', async () => {
    given({ a: 'mine', b: 'mine' });
    const open = [openSync(join(root, 'a'), 'r+'), openSync(join(root, 'b'), 'r+')];
    await apply([put('a', 'theirs'), remove('b')]);
    for (const descriptor of open) {
      writeInPlace(descriptor, 'later');
      closeSync(descriptor);
    }
    expect([backedUp('a'), backedUp('b')]).toEqual(['mine', 'mine']);
  });

  it('of two synced files that are one file on this disk', async () => {
    given({ a: 'mine' });
    linkSync(join(root, 'a'), join(root, 'b'));
    scan();
    await apply([put('a', 'theirs')], { isOnServer });
    writeInPlace(join(root, 'b'), 'later');
    expect(backedUp('a')).toBe('mine');
  });

  it('of many files, which are copied before the first one is replaced', async () => {
    const paths = Array.from({ length: 40 }, (_, number) => `d${number % 3}/f${number}`);
    given(Object.fromEntries(paths.map((path) => [path, `mine ${path}`])));
    for (const path of paths) linkSync(join(root, path), join(base, path.replace('/', '-')));
    scan();
    await apply(
      paths.map((path, number) => (number % 4 === 0 ? remove(path) : put(path, 'theirs'))),
      { isOnServer },
    );
    for (const path of paths) writeInPlace(join(base, path.replace('/', '-')), 'later');
    expect(paths.map(backedUp)).toEqual(paths.map((path) => `mine ${path}`));
  });

  it('of a file that gets another name while it is replaced', async () => {
    given({ a: 'mine' });
    const state = new ApplyState(request([], { isOnServer }));
    await replaceTarget(state, {
      path: 'a',
      check: () => statsAt(join(root, 'a'))!,
      replace: () => {
        linkSync(join(root, 'a'), join(base, 'other name'));
        rmSync(join(root, 'a'));
      },
    });
    writeInPlace(join(base, 'other name'), 'later');
    expect(backedUp('a')).toBe('mine');
    expect(readdirSync(backup)).toEqual(['a']);
  });

  it('of a file that is written between the last check and its replacement', async () => {
    given({ a: 'mine' });
    const open = openSync(join(root, 'a'), 'r+');
    const state = new ApplyState(request([], { isOnServer }));
    await replaceTarget(state, {
      path: 'a',
      check: () => statsAt(join(root, 'a'))!,
      replace: () => {
        writeInPlace(open, 'mine, with an addition');
        rmSync(join(root, 'a'));
      },
    });
    writeInPlace(open, 'later');
    closeSync(open);
    expect(backedUp('a')).toBe('mine, with an addition');
  });
});

describe('a backup', () => {
  it('is the replaced file itself if the server has its content and it has no other name', async () => {
    given({ a: 'old', b: 'old' });
    const inodes = ['a', 'b'].map((path) => lstatSync(join(root, path)).ino);
    await apply([put('a', 'new'), remove('b')], { isOnServer });
    expect(['a', 'b'].map((path) => lstatSync(join(backup, path)).ino)).toEqual(inodes);
    expect(['a', 'b'].map((path) => lstatSync(join(backup, path)).nlink)).toEqual([1, 1]);
  });

  it('keeps mode, mtime and the target of a symlink', async () => {
    given({ a: 'old' });
    execFileSync('touch', ['-d', '2001-02-03T04:05:06Z', join(root, 'a')]);
    execFileSync('chmod', ['640', join(root, 'a')]);
    symlinkSync('a', join(root, 'l'));
    scan();
    await apply([put('a', 'new'), remove('l')]);
    const { mode, mtime } = lstatSync(join(backup, 'a'));
    expect([mode & 0o777, mtime.toISOString()]).toEqual([0o640, '2001-02-03T04:05:06.000Z']);
    expect(lstatSync(join(backup, 'l')).isSymbolicLink()).toBe(true);
  });

  it.each([
    ['that is on the server', true],
    ['that is not on the server', false],
  ])('leaves nothing behind for a file %s and could not be replaced', async (_, onServer) => {
    given({ 'd/a': 'mine' });
    for (const hasCopy of [false, true]) {
      const state = new ApplyState(request([], { isOnServer: () => onServer }));
      const stats = statsAt(join(root, 'd/a'))!;
      if (hasCopy)
        state.copies.set('d/a', {
          copyPath: await state.backup.copy(join(root, 'd/a'), 'd/a', stats),
          stats,
        });
      const replace = (): void => {
        throw Object.assign(new Error('immutable'), { code: 'EPERM' });
      };
      const refused = replaceTarget(state, { path: 'd/a', check: () => statsAt(join(root, 'd/a'))!, replace });
      await expect(refused).rejects.toThrow('immutable');
      expect(existsSync(backup)).toBe(false);
    }
    expect(lstatSync(join(root, 'd/a')).nlink).toBe(1);
  });

  it('leaves nothing behind for files that were skipped after they had been copied', async () => {
    given({ a: 'mine', b: 'mine', 'd/c': 'mine' });
    const changes = [put('a', 'theirs'), remove('b'), put('d/c', 'theirs')];
    // Asked first when the files are copied, and a second time before they are replaced.
    const asked = new Set<string>();
    const hasUnsavedEdits = (path: string): boolean => asked.size === asked.add(path).size;
    const { skipped } = await apply(changes, { hasUnsavedEdits });
    expect(skipped.map(({ reason }) => reason)).toEqual(['unsaved', 'unsaved', 'unsaved']);
    expect(existsSync(backup)).toBe(false);
  });

  it('is not made of files behind a symlink', async () => {
    given({ 'd/a': 'mine' });
    const changes = [remove('d/a')];
    rmSync(join(root, 'd'), { recursive: true });
    write(base, 'outside/a', 'secret');
    symlinkSync('../outside', join(root, 'd'));
    expect((await apply(changes)).skipped).toMatchObject([{ reason: 'blocked' }]);
    expect(existsSync(backup)).toBe(false);
  });
});

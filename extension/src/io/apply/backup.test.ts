import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyFixture, write } from '../../../test/support/applyFixture';
import { statsAt } from '../fs/stats';
import { replaceTarget } from './replaceTarget';
import { ApplyState } from './applyState';

const fixture = applyFixture();
const { given, scan, put, deletion, request, apply, backedUp } = fixture;

/** Writes into the file that is there now, as editors and databases do, instead of replacing it. */
function writeInPlace(file: string | number, content: string): void {
  const descriptor = typeof file === 'number' ? file : openSync(file, 'r+');
  ftruncateSync(descriptor);
  writeSync(descriptor, content, 0);
  if (typeof file === 'string') closeSync(descriptor);
}

const isOnServer = (): boolean => true;

describe('a later write does not change the backup', () => {
  it.each(['put', 'deletion'])('of a file that has another name (%s)', async (kind) => {
    given({ 'd/a': 'mine' });
    linkSync(join(fixture.root, 'd/a'), join(fixture.base, 'other name'));
    scan();
    await apply([kind === 'put' ? put('d/a', 'theirs') : deletion('d/a')], { isOnServer });
    writeInPlace(join(fixture.base, 'other name'), 'later');
    expect(backedUp('d/a')).toBe('mine');
  });

  it('of a file whose content the server does not have, while a program has it open', async () => {
    given({ a: 'mine', b: 'mine' });
    const open = [openSync(join(fixture.root, 'a'), 'r+'), openSync(join(fixture.root, 'b'), 'r+')];
    await apply([put('a', 'theirs'), deletion('b')]);
    for (const descriptor of open) {
      writeInPlace(descriptor, 'later');
      closeSync(descriptor);
    }
    expect([backedUp('a'), backedUp('b')]).toEqual(['mine', 'mine']);
  });

  it('of two synced files that are one file on this disk', async () => {
    given({ a: 'mine' });
    linkSync(join(fixture.root, 'a'), join(fixture.root, 'b'));
    scan();
    await apply([put('a', 'theirs')], { isOnServer });
    writeInPlace(join(fixture.root, 'b'), 'later');
    expect(backedUp('a')).toBe('mine');
  });

  it('of many files, which are copied before the first one is replaced', async () => {
    const paths = Array.from({ length: 40 }, (_, number) => `d${number % 3}/f${number}`);
    given(Object.fromEntries(paths.map((path) => [path, `mine ${path}`])));
    for (const path of paths) linkSync(join(fixture.root, path), join(fixture.base, path.replace('/', '-')));
    scan();
    await apply(
      paths.map((path, number) => (number % 4 === 0 ? deletion(path) : put(path, 'theirs'))),
      { isOnServer },
    );
    for (const path of paths) writeInPlace(join(fixture.base, path.replace('/', '-')), 'later');
    expect(paths.map(backedUp)).toEqual(paths.map((path) => `mine ${path}`));
  });

  it('of a file that gets another name while it is replaced', async () => {
    given({ a: 'mine' });
    const state = new ApplyState(request([], { isOnServer }));
    await replaceTarget(state, {
      path: 'a',
      check: () => statsAt(join(fixture.root, 'a'))!,
      replace: () => {
        linkSync(join(fixture.root, 'a'), join(fixture.base, 'other name'));
        rmSync(join(fixture.root, 'a'));
      },
    });
    writeInPlace(join(fixture.base, 'other name'), 'later');
    expect(backedUp('a')).toBe('mine');
    expect(readdirSync(fixture.backup)).toEqual(['a']);
  });

  it('of a file that is written between the last check and its replacement', async () => {
    given({ a: 'mine' });
    const open = openSync(join(fixture.root, 'a'), 'r+');
    const state = new ApplyState(request([], { isOnServer }));
    await replaceTarget(state, {
      path: 'a',
      check: () => statsAt(join(fixture.root, 'a'))!,
      replace: () => {
        writeInPlace(open, 'mine, with an addition');
        rmSync(join(fixture.root, 'a'));
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
    const inodes = ['a', 'b'].map((path) => lstatSync(join(fixture.root, path)).ino);
    await apply([put('a', 'new'), deletion('b')], { isOnServer });
    expect(['a', 'b'].map((path) => lstatSync(join(fixture.backup, path)).ino)).toEqual(inodes);
    expect(['a', 'b'].map((path) => lstatSync(join(fixture.backup, path)).nlink)).toEqual([1, 1]);
  });

  it('keeps mode, mtime and the target of a symlink', async () => {
    given({ a: 'old' });
    execFileSync('touch', ['-d', '2001-02-03T04:05:06Z', join(fixture.root, 'a')]);
    execFileSync('chmod', ['640', join(fixture.root, 'a')]);
    symlinkSync('a', join(fixture.root, 'l'));
    scan();
    await apply([put('a', 'new'), deletion('l')]);
    const { mode, mtime } = lstatSync(join(fixture.backup, 'a'));
    expect([mode & 0o777, mtime.toISOString()]).toEqual([0o640, '2001-02-03T04:05:06.000Z']);
    expect(lstatSync(join(fixture.backup, 'l')).isSymbolicLink()).toBe(true);
  });

  it.each([
    ['that is on the server', true],
    ['that is not on the server', false],
  ])('leaves nothing behind for a file %s and could not be replaced', async (_, onServer) => {
    given({ 'd/a': 'mine' });
    for (const hasCopy of [false, true]) {
      const state = new ApplyState(request([], { isOnServer: () => onServer }));
      const stats = statsAt(join(fixture.root, 'd/a'))!;
      if (hasCopy)
        state.copies.set('d/a', {
          copyPath: await state.backup.copy(join(fixture.root, 'd/a'), 'd/a', stats),
          stats,
        });
      const replace = (): void => {
        throw Object.assign(new Error('immutable'), { code: 'EPERM' });
      };
      const refused = replaceTarget(state, { path: 'd/a', check: () => statsAt(join(fixture.root, 'd/a'))!, replace });
      await expect(refused).rejects.toThrow('immutable');
      expect(existsSync(fixture.backup)).toBe(false);
    }
    expect(lstatSync(join(fixture.root, 'd/a')).nlink).toBe(1);
  });

  it('leaves nothing behind for files that were skipped after they had been copied', async () => {
    given({ a: 'mine', b: 'mine', 'd/c': 'mine' });
    const changes = [put('a', 'theirs'), deletion('b'), put('d/c', 'theirs')];
    // Asked first when the files are copied, and a second time before they are replaced.
    const asked = new Set<string>();
    const hasUnsavedEdits = (path: string): boolean => asked.size === asked.add(path).size;
    const { skipped } = await apply(changes, { hasUnsavedEdits });
    expect(skipped.map(({ reason }) => reason)).toEqual(['unsaved', 'unsaved', 'unsaved']);
    expect(existsSync(fixture.backup)).toBe(false);
  });

  it('is not made of files behind a symlink', async () => {
    given({ 'd/a': 'mine' });
    const changes = [deletion('d/a')];
    rmSync(join(fixture.root, 'd'), { recursive: true });
    write(fixture.base, 'outside/a', 'secret');
    symlinkSync('../outside', join(fixture.root, 'd'));
    expect((await apply(changes)).skipped).toMatchObject([{ reason: 'blocked' }]);
    expect(existsSync(fixture.backup)).toBe(false);
  });
});

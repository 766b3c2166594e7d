import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyFixture, names, skippedReasons, write } from '../../../test/support/applyFixture';
import type { Change } from '../../core/change';

const fixture = applyFixture();
const { put, putLink, apply, read } = fixture;

/** Debian's package acl has both commands. */
const hasAcls = ['setfacl', 'getfacl'].every((command) => spawnSync(command, ['--version']).status === 0);

/** So many files that they are flushed at once, and their folders moved as a whole. */
function manyIn(folder: string): Change[] {
  return Array.from({ length: 40 }, (_, number) => put(`${folder}/d${number % 3}/f${number}`, `${folder} ${number}`));
}

function inodeOf(folder: string, path: string): number {
  return lstatSync(join(folder, path)).ino;
}

describe('a new folder with many files', () => {
  it('is moved as a whole', async () => {
    const changes = manyIn('new');
    const inode = inodeOf(fixture.staging, 'new');
    const result = await apply(changes);
    expect(skippedReasons(result)).toEqual({});
    expect(inodeOf(fixture.root, 'new')).toBe(inode);
    expect(result.written.map(({ path }) => path).sort()).toEqual(changes.map(({ path }) => path).sort());
    for (const { path, ino, mtimeNs, ctimeNs } of result.written) {
      expect(lstatSync(join(fixture.root, path), { bigint: true })).toMatchObject({ ino, mtimeNs, ctimeNs });
    }
  });

  it('is moved into a folder that exists, beside its files', async () => {
    fixture.given({ 'old/kept': 'mine' });
    expect(skippedReasons(await apply(manyIn('old/new')))).toEqual({});
    expect([read('old/kept'), read('old/new/d1/f1')]).toEqual(['mine', 'old/new 1']);
  });

  it('gets its links afterwards', async () => {
    const result = await apply([...manyIn('new'), putLink('new/d0/link', 'f0')]);
    expect([skippedReasons(result), result.written.length]).toEqual([{}, 41]);
    expect(read('new/d0/link')).toBe('new 0');
  });

  it('never brings a file that was not to be written', async () => {
    const changes = manyIn('new');
    write(fixture.staging, 'new/d0/planted', 'by a server');
    expect(skippedReasons(await apply(changes))).toEqual({});
    expect(names(fixture.root)).not.toContain('new/d0/planted');
    expect(read('new/d0/f0')).toBe('new 0');
  });

  it('never brings a folder without a file that was to be written', async () => {
    const changes = manyIn('new');
    mkdirSync(join(fixture.staging, 'new/.git/hooks'), { recursive: true });
    mkdirSync(join(fixture.staging, 'new/d0/planted/deep'), { recursive: true });
    expect(skippedReasons(await apply(changes))).toEqual({});
    const folders = names(fixture.root).filter((name) => name.endsWith('/'));
    expect(folders).toEqual(['new/', 'new/d0/', 'new/d1/', 'new/d2/']);
    expect(read('new/d0/f0')).toBe('new 0');
  });

  it('leaves a path with unsaved edits alone', async () => {
    const result = await apply(manyIn('new'), { hasUnsavedEdits: (path) => path === 'new/d1/f1' });
    expect(skippedReasons(result)).toEqual({ 'new/d1/f1': 'unsaved' });
    expect(names(fixture.root)).not.toContain('new/d1/f1');
    expect(read('new/d0/f0')).toBe('new 0');
  });

  it('does not bring back a file that was deleted with its folder', async () => {
    fixture.given({ 'new/d1/f1': 'old' });
    const changes = manyIn('new');
    fixture.removeFromRoot('new');
    expect(skippedReasons(await apply(changes))).toEqual({ 'new/d1/f1': 'changed' });
    expect(names(fixture.root)).not.toContain('new/d1/f1');
  });

  it('does not replace one with other files, which appeared in the meantime', async () => {
    const changes = manyIn('new');
    const result = await apply(changes, {
      hasUnsavedEdits: () => {
        mkdirSync(join(fixture.root, 'new/d1'), { recursive: true });
        writeFileSync(join(fixture.root, 'new/d1/f1'), 'mine');
        return false;
      },
    });
    expect(skippedReasons(result)).toEqual({ 'new/d1/f1': 'changed' });
    expect([read('new/d1/f1'), read('new/d0/f0')]).toEqual(['mine', 'new 0']);
  });
});

describe.skipIf(process.platform === 'win32')('the mode of a new folder with many files', () => {
  const modeOf = (path: string): number => lstatSync(join(fixture.root, path)).mode & 0o7777;

  it('lets in those who may read its files, and who may enter the folder above', async () => {
    mkdirSync(join(fixture.root, 'team'));
    chmodSync(join(fixture.root, 'team'), 0o750);
    await apply([...manyIn('team/new'), put('team/new/secret/key', 'key', 0o600), ...manyIn('open')]);
    const folders = ['team/new', 'team/new/d0', 'team/new/secret', 'open', 'open/d2'];
    const umask = process.umask();
    const wanted = [0o750, 0o750, 0o700, 0o777, 0o777].map((mode) => mode & ~umask);
    expect(folders.map(modeOf)).toEqual(wanted);
  });

  it('is inherited where the folder above says so', async () => {
    chmodSync(fixture.root, 0o2755);
    await apply(manyIn('new'));
    expect(modeOf('new') & 0o2000).toBe(lstatSync(fixture.root).mode & 0o2000);
  });

  describe.skipIf(!hasAcls)('with a default ACL', () => {
    const closedToOthers = 'd:u::rwx,d:g::rwx,d:o::---';

    it('is inherited from the folder above', async () => {
      const team = join(fixture.root, 'team');
      mkdirSync(team);
      execFileSync('setfacl', ['-m', closedToOthers, team]);
      await apply(manyIn('team/new'));
      expect(modeOf('team/new/d1') & 0o007).toBe(0);
      expect(defaultAclOf(join(team, 'new/d1'))).toBe(defaultAclOf(team));
    });

    it('is not that of the storage', async () => {
      execFileSync('setfacl', ['-m', closedToOthers, fixture.staging]);
      await apply(manyIn('new'));
      const one = join(fixture.root, 'one');
      mkdirSync(one);
      expect(modeOf('new/d1')).toBe(modeOf('one'));
      expect(defaultAclOf(join(fixture.root, 'new'))).toBe(defaultAclOf(one));
    });
  });
});

function defaultAclOf(folder: string): string {
  return execFileSync('getfacl', ['--default', '--omit-header', '--absolute-names', folder], { encoding: 'utf8' });
}

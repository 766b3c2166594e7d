import { existsSync, linkSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import type * as files from 'node:fs';
import type * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyFixture, skippedReasons, write } from '../../../test/support/applyFixture';
import { disk } from '../../../test/support/disks/foldingDisk';
import type { Change } from '../../core/change';
import type { NameRules } from '../../core/filenames/nameRules';
import type * as durable from '../fs/durable';
import type { ApplyRequest, ApplyResult } from './applyState';

vi.mock('node:fs', async (original) => {
  const { folding } = await import('../../../test/support/disks/foldingDisk');
  const real = await original<typeof files>();
  return folding(real, real);
});
vi.mock('node:fs/promises', async (original) => {
  const { folding } = await import('../../../test/support/disks/foldingDisk');
  const real = await vi.importActual<typeof files>('node:fs');
  return folding(await original<typeof promises>(), real);
});

const flushed = vi.hoisted(() => new Set<string>());
vi.mock('../fs/durable', async (original) => {
  const real = await original<typeof durable>();
  const flushFolder = (folder: string): Promise<void> => (flushed.add(folder), real.flushFolder(folder));
  return { ...real, flushFolder };
});

const nameRules: NameRules = { foldsCase: true, normalizes: true, windows: false };

const fixture = applyFixture();
const { given, scan, put, deletion } = fixture;

/** The changes that delete `from` and put `to`, which are one file on a disk that folds names. */
function caseRename(from: string, to: string, content: string, mode?: number): Change[] {
  return [deletion(from), put(to, content, mode)];
}

function apply(changes: Change[], options: Partial<ApplyRequest> = {}): Promise<ApplyResult> {
  disk.log.length = 0;
  return fixture.apply(changes, { nameRules, ...options });
}

/** The content of all files below `folder`, by their exact paths. */
function contents(folder = fixture.root, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((one): [string, string][] =>
      one.isDirectory()
        ? Object.entries(contents(join(folder, one.name), `${prefix}${one.name}/`))
        : [[prefix + one.name, readFileSync(join(folder, one.name), 'utf8')]],
    ),
  );
}

const kinds = [
  { name: 'that folds names, as on macOS and Windows,', folds: true, renamesCase: true },
  { name: 'that folds names and ignores case renames, as some on Linux do,', folds: true, renamesCase: false },
];

function setUp({ folds, renamesCase }: { folds: boolean; renamesCase: boolean }): void {
  fixture.isTracked = (path) => !path.endsWith('.untracked');
  disk.root = folds ? fixture.root : undefined;
  disk.renamesCase = renamesCase;
  disk.log.length = 0;
}

afterEach(() => {
  disk.root = undefined;
});

describe.each(kinds)('a disk $name', (kind) => {
  beforeEach(() => setUp(kind));

  it('flushes every folder in which a name changed', async () => {
    given({ 'a/b/c/d': 'one', 'other/e': 'two', 'gone/deep/f': 'three' });
    flushed.clear();
    await apply([...caseRename('a/b/c/d', 'a/B/C/d', 'one'), deletion('gone/deep/f'), put('new/g', 'four')]);
    const folders = ['', 'a', 'a/B', 'a/B/C', 'new'].map((folder) => join(fixture.root, folder));
    expect([...flushed]).toEqual(expect.arrayContaining(folders));
    expect(flushed.has(join(fixture.root, 'other'))).toBe(false);
  });

  it('renames a file', async () => {
    given({ 'a.md': 'one', b: 'two' });
    const result = await apply(caseRename('a.md', 'A.md', 'one', lstatSync(join(fixture.root, 'a.md')).mode & 0o777));
    expect(skippedReasons(result)).toEqual({});
    expect(contents()).toEqual({ 'A.md': 'one', b: 'two' });
    expect(result).toMatchObject({ removed: ['a.md'], written: [{ path: 'A.md' }] });
  });

  it('renames a file, replaces its content, and backs up the old content', async () => {
    given({ 'd/a.md': 'one' });
    const result = await apply(caseRename('d/a.md', 'd/A.md', 'new'));
    expect(skippedReasons(result)).toEqual({});
    expect(contents()).toEqual({ 'd/A.md': 'new' });
    expect(Object.values(contents(fixture.backup))).toContain('one');
  });

  it('renames folders with everything in them', async () => {
    given({ 'docs/api/a': '1', 'docs/api/b': '2', 'docs/c': '3', x: '4' });
    const result = await apply([
      ...caseRename('docs/api/a', 'Docs/API/a', '1'),
      ...caseRename('docs/api/b', 'Docs/API/B', 'new'),
      ...caseRename('docs/c', 'Docs/c', '3'),
    ]);
    expect(skippedReasons(result)).toEqual({});
    expect(contents()).toEqual({ 'Docs/API/a': '1', 'Docs/API/B': 'new', 'Docs/c': '3', x: '4' });
    expect([...result.removed].sort()).toEqual(['docs/api/a', 'docs/api/b', 'docs/c']);
  });

  it('returns observations that the next scan confirms', async () => {
    given({ 'd/a': '1' });
    const { written } = await apply(caseRename('d/a', 'D/A', '1'));
    fixture.observations = new Map(written.map((one) => [one.path, one]));
    scan();
    expect([...fixture.observations.keys()]).toEqual(['D/A']);
    expect(fixture.observations.get('D/A')).toMatchObject({ hash: written[0]?.hash });
  });

  it('does not rename a folder in which another file stays', async () => {
    given({ 'd/a': '1', 'd/stays': '2' });
    const result = await apply(caseRename('d/a', 'D/a', '1'));
    expect(skippedReasons(result)).toEqual({ 'd/a': 'spelling', 'D/a': 'spelling' });
    expect(contents()).toEqual({ 'd/a': '1', 'd/stays': '2' });
  });

  it('puts no new file into a folder with another spelling', async () => {
    given({ 'd/mine': '1' });
    expect(skippedReasons(await apply([put('D/theirs', '2')]))).toEqual({ 'D/theirs': 'spelling' });
    expect(contents()).toEqual({ 'd/mine': '1' });
  });

  it('creates a folder again, in its new spelling, after the deletions have emptied it', async () => {
    given({ 'd/e/old': '1' });
    expect(skippedReasons(await apply([deletion('d/e/old'), put('D/e/new', '2')]))).toEqual({});
    expect(contents()).toEqual({ 'D/e/new': '2' });
  });

  it('skips both spellings of a file that was edited since the scan or has unsaved edits', async () => {
    given({ 'a.md': 'one', 'b.md': 'two' });
    const changes = [...caseRename('a.md', 'A.md', 'new'), ...caseRename('b.md', 'B.md', 'two')];
    write(fixture.root, 'a.md', 'newer');
    const result = await apply(changes, { hasUnsavedEdits: (path) => path === 'b.md' });
    expect(skippedReasons(result)).toEqual({
      'a.md': 'changed',
      'A.md': 'changed',
      'b.md': 'unsaved',
      'B.md': 'unsaved',
    });
    expect(contents()).toEqual({ 'a.md': 'newer', 'b.md': 'two' });
    expect(result).toMatchObject({ written: [], removed: [] });
  });

  it('does not overwrite a file with another spelling', async () => {
    given({ 'a.md': 'mine' });
    expect(skippedReasons(await apply([put('A.md', 'theirs')]))).toEqual({ 'A.md': 'changed' });
    expect(contents()).toEqual({ 'a.md': 'mine' });
  });

  it('leaves no temporary files behind', async () => {
    given({ 'd/a': '1', b: '2' });
    await apply([...caseRename('d/a', 'D/A', 'new'), ...caseRename('b', 'B', '2')]);
    const left = readdirSync(fixture.root).concat(readdirSync(join(fixture.root, 'D')));
    expect(left.sort()).toEqual(['A', 'B', 'D']);
  });
});

describe('a case rename', () => {
  beforeEach(() => setUp({ folds: true, renamesCase: true }));

  it('is done by rename(2), so the file exists at every moment', async () => {
    given({ 'd/a.md': '1', 'd/b.md': '2' });
    await apply([...caseRename('d/a.md', 'D/A.md', '1', 0o600), ...caseRename('d/b.md', 'D/b.md', '2', 0o600)]);
    expect(disk.log).toEqual(['rename d D', 'rename D/a.md D/A.md']);
    expect(existsSync(fixture.backup)).toBe(false);
    expect(contents()).toEqual({ 'D/A.md': '1', 'D/b.md': '2' });
  });

  it('moves untracked files along with their folder', async () => {
    given({ 'd/a': '1', 'd/x.untracked': 'mine' });
    expect(skippedReasons(await apply(caseRename('d/a', 'D/a', '1')))).toEqual({});
    expect(contents()).toEqual({ 'D/a': '1', 'D/x.untracked': 'mine' });
  });

  it('also changes the encoding of accents', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    given({ [composed]: '1' });
    expect(skippedReasons(await apply(caseRename(composed, decomposed, 'new')))).toEqual({});
    expect(contents()).toEqual({ [decomposed]: 'new' });
  });

  it('is skipped if its content was not staged', async () => {
    given({ 'a.md': 'old' });
    const changes = caseRename('a.md', 'A.md', 'new');
    rmSync(join(fixture.staging, 'A.md'));
    expect(skippedReasons(await apply(changes))).toEqual({ 'a.md': 'missing', 'A.md': 'missing' });
    expect(contents()).toEqual({ 'a.md': 'old' });
  });
});

describe('on a disk that ignores case renames, a case rename', () => {
  beforeEach(() => setUp({ folds: true, renamesCase: false }));

  it('skips a folder with untracked files', async () => {
    given({ 'd/a': '1', 'd/x.untracked': 'mine' });
    expect(skippedReasons(await apply(caseRename('d/a', 'D/a', '1')))).toEqual({
      'd/a': 'spelling',
      'D/a': 'spelling',
    });
    expect(contents()).toEqual({ 'd/a': '1', 'd/x.untracked': 'mine' });
  });
});

describe('a disk that does not fold names', () => {
  beforeEach(() => setUp({ folds: false, renamesCase: true }));

  it('deletes one path and puts the other, even if the name rules fold', async () => {
    given({ 'd/a.md': '1' });
    expect(skippedReasons(await apply(caseRename('d/a.md', 'D/A.md', '1')))).toEqual({});
    expect(contents()).toEqual({ 'D/A.md': '1' });
    expect(contents(fixture.backup)).toEqual({ 'd/a.md': '1' });
  });

  it('does not take a hard link for another spelling', async () => {
    given({ 'a.md': '1' });
    linkSync(join(fixture.root, 'a.md'), join(fixture.root, 'A.md'));
    scan();
    const theirs = { ...put('A.md', '2'), from: undefined };
    expect(skippedReasons(await apply([deletion('a.md'), theirs]))).toMatchObject({ 'A.md': 'changed' });
    expect(contents()).toMatchObject({ 'A.md': '1' });
  });

  it('does not rename a folder behind a symlink', async () => {
    given({ 'd/a': '1' });
    const changes = caseRename('d/a', 'D/a', '1');
    rmSync(join(fixture.root, 'd'), { recursive: true });
    write(fixture.base, 'outside/a', 'theirs');
    symlinkSync('../outside', join(fixture.root, 'd'));
    expect(skippedReasons(await apply(changes))).toMatchObject({ 'd/a': 'blocked' });
    expect(contents(join(fixture.base, 'outside'))).toEqual({ a: 'theirs' });
  });
});

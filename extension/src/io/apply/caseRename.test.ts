import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type * as files from 'node:fs';
import type * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { disk } from '../../../test/support/foldingDisk';
import type { Change } from '../../core/change';
import type { Entry } from '../../core/entry';
import type { NameRules } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import { scanPass } from '../scan/scan';
import { applyChanges } from './applyChanges';
import type { TransitionRequest, TransitionResult } from './transition';

vi.mock('node:fs', async (original) => {
  const { folding } = await import('../../../test/support/foldingDisk');
  const real = await original<typeof files>();
  return folding(real, real);
});
vi.mock('node:fs/promises', async (original) => {
  const { folding } = await import('../../../test/support/foldingDisk');
  const real = await vi.importActual<typeof files>('node:fs');
  return folding(await original<typeof promises>(), real);
});

const names: NameRules = { foldsCase: true, normalises: true, windows: false };

let base: string;
let root: string;
let staging: string;
let backup: string;
let observations: Map<string, Observation>;

function write(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function scan(): void {
  const rules = [{ path: '', kind: 'folder', effect: 'track' }] as const;
  const scope = { rules, exclude: ['*.untracked'], respectGitignore: false };
  const { changed, removed } = scanPass({ root, scope, known: observations });
  for (const path of removed) observations.delete(path);
  for (const one of changed) observations.set(one.path, one);
}

/** The files of a workspace folder, looked at. */
function given(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) write(root, path, content);
  scan();
}

function remove(path: string): Change {
  return { path, from: observations.get(path), to: undefined };
}

function put(path: string, content: string, mode = 0o644): Change {
  write(staging, path, content);
  const hash = createHash('sha256').update(content).digest('hex');
  const to: Entry = { path, kind: 'file', size: content.length, mtimeNs: 1_700_000_000_000_000_000n, mode, hash };
  return { path, from: observations.get(path), to };
}

/** `from` goes, and `to` comes with `content`: to a disk that folds, one file. */
function respelt(from: string, to: string, content: string, mode?: number): Change[] {
  return [remove(from), put(to, content, mode)];
}

function apply(changes: Change[], options: Partial<TransitionRequest> = {}): Promise<TransitionResult> {
  disk.log.length = 0;
  return applyChanges({ root, staging, backup, changes, observations, nameRules: names, ...options });
}

function held({ skipped }: TransitionResult): Record<string, string> {
  return Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
}

/** The files of the workspace folder with their content, as they are spelled. */
function standing(folder = root, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((one): [string, string][] =>
      one.isDirectory()
        ? Object.entries(standing(join(folder, one.name), `${prefix}${one.name}/`))
        : [[prefix + one.name, readFileSync(join(folder, one.name), 'utf8')]],
    ),
  );
}

const kinds = [
  { name: 'that folds names, as on macOS and Windows,', folds: true, respells: true },
  { name: 'that folds names and takes a rename in case for none, as some are on Linux,', folds: true, respells: false },
];

function setUp({ folds, respells }: { folds: boolean; respells: boolean }): void {
  base = mkdtempSync(join(tmpdir(), 'palmtree-respelling-'));
  root = join(base, 'ws');
  staging = join(base, 'staging');
  backup = join(base, 'backup');
  observations = new Map();
  for (const folder of [root, staging]) mkdirSync(folder);
  disk.root = folds ? root : undefined;
  disk.respells = respells;
  disk.log.length = 0;
}

afterEach(() => {
  disk.root = undefined;
  rmSync(base, { recursive: true, force: true });
});

describe.each(kinds)('a disk $name', (kind) => {
  beforeEach(() => setUp(kind));

  it('gives a file its new spelling', async () => {
    given({ 'a.md': 'one', b: 'two' });
    const result = await apply(respelt('a.md', 'A.md', 'one', lstatSync(join(root, 'a.md')).mode & 0o777));
    expect(held(result)).toEqual({});
    expect(standing()).toEqual({ 'A.md': 'one', b: 'two' });
    expect(result).toMatchObject({ removed: ['a.md'], written: [{ path: 'A.md' }] });
  });

  it('gives a file its new spelling and its new content, and keeps the old', async () => {
    given({ 'd/a.md': 'one' });
    const result = await apply(respelt('d/a.md', 'd/A.md', 'new'));
    expect(held(result)).toEqual({});
    expect(standing()).toEqual({ 'd/A.md': 'new' });
    expect(Object.values(standing(backup))).toContain('one');
  });

  it('gives folders their new spelling, with all that is in them', async () => {
    given({ 'docs/api/a': '1', 'docs/api/b': '2', 'docs/c': '3', x: '4' });
    const result = await apply([
      ...respelt('docs/api/a', 'Docs/API/a', '1'),
      ...respelt('docs/api/b', 'Docs/API/B', 'new'),
      ...respelt('docs/c', 'Docs/c', '3'),
    ]);
    expect(held(result)).toEqual({});
    expect(standing()).toEqual({ 'Docs/API/a': '1', 'Docs/API/B': 'new', 'Docs/c': '3', x: '4' });
    expect([...result.removed].sort()).toEqual(['docs/api/a', 'docs/api/b', 'docs/c']);
  });

  it('answers observations that the next scan agrees with', async () => {
    given({ 'd/a': '1' });
    const { written } = await apply(respelt('d/a', 'D/A', '1'));
    observations = new Map(written.map((one) => [one.path, one]));
    scan();
    expect([...observations.keys()]).toEqual(['D/A']);
    expect(observations.get('D/A')).toMatchObject({ hash: written[0]?.hash });
  });

  it('spells no folder anew in which another file is to stay', async () => {
    given({ 'd/a': '1', 'd/stays': '2' });
    const result = await apply(respelt('d/a', 'D/a', '1'));
    expect(held(result)).toEqual({ 'd/a': 'spelling', 'D/a': 'spelling' });
    expect(standing()).toEqual({ 'd/a': '1', 'd/stays': '2' });
  });

  it('puts nothing new into a folder that is spelled otherwise', async () => {
    given({ 'd/mine': '1' });
    expect(held(await apply([put('D/theirs', '2')]))).toEqual({ 'D/theirs': 'spelling' });
    expect(standing()).toEqual({ 'd/mine': '1' });
  });

  it('makes a folder anew that its deletions empty', async () => {
    given({ 'd/e/old': '1' });
    expect(held(await apply([remove('d/e/old'), put('D/e/new', '2')]))).toEqual({});
    expect(standing()).toEqual({ 'D/e/new': '2' });
  });

  it('touches neither spelling of a file that was edited since, or has unsaved edits', async () => {
    given({ 'a.md': 'one', 'b.md': 'two' });
    const changes = [...respelt('a.md', 'A.md', 'new'), ...respelt('b.md', 'B.md', 'two')];
    write(root, 'a.md', 'edited since');
    const result = await apply(changes, { hasUnsavedEdits: (path) => path === 'b.md' });
    expect(held(result)).toEqual({ 'a.md': 'changed', 'A.md': 'changed', 'b.md': 'unsaved', 'B.md': 'unsaved' });
    expect(standing()).toEqual({ 'a.md': 'edited since', 'b.md': 'two' });
    expect(result).toMatchObject({ written: [], removed: [] });
  });

  it('does not overwrite what stands under another spelling', async () => {
    given({ 'a.md': 'mine' });
    expect(held(await apply([put('A.md', 'theirs')]))).toEqual({ 'A.md': 'changed' });
    expect(standing()).toEqual({ 'a.md': 'mine' });
  });

  it('leaves nothing of its own behind', async () => {
    given({ 'd/a': '1', b: '2' });
    await apply([...respelt('d/a', 'D/A', 'new'), ...respelt('b', 'B', '2')]);
    const left = readdirSync(root).concat(readdirSync(join(root, 'D')));
    expect(left.sort()).toEqual(['A', 'B', 'D']);
  });
});

describe('a respelling', () => {
  beforeEach(() => setUp({ folds: true, respells: true }));

  it('is a rename, and the file never goes away', async () => {
    given({ 'd/a.md': '1', 'd/b.md': '2' });
    await apply([...respelt('d/a.md', 'D/A.md', '1', 0o600), ...respelt('d/b.md', 'D/b.md', '2', 0o600)]);
    expect(disk.log).toEqual(['rename d D', 'rename D/a.md D/A.md']);
    expect(existsSync(backup)).toBe(false);
    expect(standing()).toEqual({ 'D/A.md': '1', 'D/b.md': '2' });
  });

  it('carries what is not tracked along with its folder', async () => {
    given({ 'd/a': '1', 'd/x.untracked': 'mine' });
    expect(held(await apply(respelt('d/a', 'D/a', '1')))).toEqual({});
    expect(standing()).toEqual({ 'D/a': '1', 'D/x.untracked': 'mine' });
  });

  it('also of how accents are encoded', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    given({ [composed]: '1' });
    expect(held(await apply(respelt(composed, decomposed, 'new')))).toEqual({});
    expect(standing()).toEqual({ [decomposed]: 'new' });
  });

  it('stays undone where its content was not staged', async () => {
    given({ 'a.md': 'old' });
    const changes = respelt('a.md', 'A.md', 'new');
    rmSync(join(staging, 'A.md'));
    expect(held(await apply(changes))).toEqual({ 'a.md': 'missing', 'A.md': 'missing' });
    expect(standing()).toEqual({ 'a.md': 'old' });
  });
});

describe('where a rename in case is taken for none, a respelling', () => {
  beforeEach(() => setUp({ folds: true, respells: false }));

  it('leaves a folder alone that holds what is not tracked', async () => {
    given({ 'd/a': '1', 'd/x.untracked': 'mine' });
    expect(held(await apply(respelt('d/a', 'D/a', '1')))).toEqual({ 'd/a': 'spelling', 'D/a': 'spelling' });
    expect(standing()).toEqual({ 'd/a': '1', 'd/x.untracked': 'mine' });
  });
});

describe('a disk on which each name is its own', () => {
  beforeEach(() => setUp({ folds: false, respells: true }));

  it('deletes the one and puts the other, whatever the rules say', async () => {
    given({ 'd/a.md': '1' });
    expect(held(await apply(respelt('d/a.md', 'D/A.md', '1')))).toEqual({});
    expect(standing()).toEqual({ 'D/A.md': '1' });
    expect(standing(backup)).toEqual({ 'd/a.md': '1' });
  });

  it('takes a hard link for no other spelling', async () => {
    given({ 'a.md': '1' });
    linkSync(join(root, 'a.md'), join(root, 'A.md'));
    scan();
    const theirs = { ...put('A.md', '2'), from: undefined };
    expect(held(await apply([remove('a.md'), theirs]))).toMatchObject({ 'A.md': 'changed' });
    expect(standing()).toMatchObject({ 'A.md': '1' });
  });

  it('renames no folder behind a symlink', async () => {
    given({ 'd/a': '1' });
    const changes = respelt('d/a', 'D/a', '1');
    rmSync(join(root, 'd'), { recursive: true });
    write(base, 'outside/a', 'theirs');
    symlinkSync('../outside', join(root, 'd'));
    expect(held(await apply(changes))).toMatchObject({ 'd/a': 'blocked' });
    expect(standing(join(base, 'outside'))).toEqual({ a: 'theirs' });
  });
});

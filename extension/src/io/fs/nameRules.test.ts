import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { disk } from '../../../test/support/foldingDisk';
import { nameRulesOf } from './nameRules';

vi.mock('node:fs', async (original) => {
  const { folding } = await import('../../../test/support/foldingDisk');
  const real = await original<typeof files>();
  return folding(real, real);
});

let base: string;
let root: string;

beforeEach(() => {
  // The folder's own name has but one spelling in case, so that what stands in it has to tell.
  base = mkdtempSync(join(tmpdir(), 'palmtree-names-'));
  root = join(base, '1');
  mkdirSync(root);
});

afterEach(() => {
  disk.root = undefined;
  rmSync(base, { recursive: true, force: true });
});

function write(...names: string[]): void {
  for (const name of names) writeFileSync(join(root, name), name);
}

describe('how a disk takes names', () => {
  it('is told by a name that stands in another case, and by one with an accent', () => {
    write('a.md', 'caf\u00e9');
    expect(nameRulesOf(root, 'linux')()).toEqual({ foldsCase: false, normalises: false, windows: false });
    disk.root = root;
    expect(nameRulesOf(root, 'linux')()).toEqual({ foldsCase: true, normalises: true, windows: false });
  });

  it('is not told by two files, nor by two names of one file', () => {
    write('a.md');
    linkSync(join(root, 'a.md'), join(root, 'A.MD'));
    write('b', 'B');
    expect(nameRulesOf(root, 'linux')()).toMatchObject({ foldsCase: false });
  });

  it('is told by the folder itself, where nothing stands in it', () => {
    const empty = join(root, 'Empty');
    mkdirSync(empty);
    disk.root = root;
    expect(nameRulesOf(empty, 'linux')()).toMatchObject({ foldsCase: true });
  });

  it('is the custom of the system as long as no name tells', () => {
    expect(nameRulesOf(root, 'win32')()).toEqual({ foldsCase: true, normalises: false, windows: true });
    expect(nameRulesOf(root, 'linux')()).toEqual({ foldsCase: false, normalises: false, windows: false });
    const ask = nameRulesOf(root, 'darwin');
    expect(ask()).toEqual({ foldsCase: true, normalises: true, windows: false });
    write('a');
    expect(ask()).toMatchObject({ foldsCase: false });
    disk.root = root;
    expect(ask()).toMatchObject({ foldsCase: false });
  });

  it('is the custom where the folder is gone', () => {
    expect(nameRulesOf(join(root, '2'), 'linux')()).toMatchObject({ foldsCase: false });
  });
});

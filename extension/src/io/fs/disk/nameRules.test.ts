import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { disk } from '../../../../test/support/disks/foldingDisk';
import { nameRulesProbe } from './nameRules';

vi.mock('node:fs', async (original) => {
  const { folding } = await import('../../../../test/support/disks/foldingDisk');
  const real = await original<typeof files>();
  return folding(real, real);
});

let base: string;
let root: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'palmtree-names-'));
  // A name of digits has no other case, so that only the names in the folder can show the rules.
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

describe('the name rules of a disk', () => {
  it('show in an existing name with letters, and in one with an accent', () => {
    write('a.md', 'caf\u00e9');
    expect(nameRulesProbe(root, 'linux')()).toEqual({ foldsCase: false, normalizes: false, windows: false });
    disk.root = root;
    expect(nameRulesProbe(root, 'linux')()).toEqual({ foldsCase: true, normalizes: true, windows: false });
  });

  it('do not fold two files, nor two hard links to one file', () => {
    write('a.md');
    linkSync(join(root, 'a.md'), join(root, 'A.MD'));
    write('b', 'B');
    expect(nameRulesProbe(root, 'linux')()).toMatchObject({ foldsCase: false });
  });

  it('show in the name of an empty folder', () => {
    const empty = join(root, 'Empty');
    mkdirSync(empty);
    disk.root = root;
    expect(nameRulesProbe(empty, 'linux')()).toMatchObject({ foldsCase: true });
  });

  it('are the defaults of the system as long as no name shows them', () => {
    expect(nameRulesProbe(root, 'win32')()).toEqual({ foldsCase: true, normalizes: false, windows: true });
    expect(nameRulesProbe(root, 'linux')()).toEqual({ foldsCase: false, normalizes: false, windows: false });
    const probe = nameRulesProbe(root, 'darwin');
    expect(probe()).toEqual({ foldsCase: true, normalizes: true, windows: false });
    write('a');
    expect(probe()).toMatchObject({ foldsCase: false });
    disk.root = root;
    expect(probe()).toMatchObject({ foldsCase: false });
  });

  it('are the defaults if the folder is gone', () => {
    expect(nameRulesProbe(join(root, '2'), 'linux')()).toMatchObject({ foldsCase: false });
  });
});

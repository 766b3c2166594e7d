import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { disk } from '../../../test/support/disks/foldingDisk';
import { scan } from './scan';

vi.mock('node:fs', async (original) => {
  const { folding } = await import('../../../test/support/disks/foldingDisk');
  const real = await original<typeof files>();
  return folding(real, real);
});

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'palmtree-folded-'));
  mkdirSync(join(root, 'n'));
  for (const path of ['n/secret', 'n/page']) writeFileSync(join(root, path), path);
  writeFileSync(join(root, 'n/.GitIgnore'), 'secret\n');
});

afterEach(() => {
  disk.root = undefined;
  rmSync(root, { recursive: true });
});

async function scanned(only?: readonly string[]): Promise<string[]> {
  const { changed } = await scan({
    root,
    scope: { rules: [{ path: 'n', kind: 'folder', effect: 'track' }], exclude: [], respectGitignore: true },
    known: new Map(),
    only,
    honorsModes: true,
    script: '',
    stop: new SharedArrayBuffer(4),
  });
  return changed.map(({ path }) => path).sort();
}

it.each([[undefined], [['n/.GitIgnore']]])(
  'a .gitignore in another case excludes paths on a disk that ignores case',
  async (only) => {
    expect(await scanned(only)).toEqual(['n/.GitIgnore', 'n/page', 'n/secret']);
    disk.root = root;
    expect(await scanned(only)).toEqual(['n/.GitIgnore', 'n/page']);
  },
);

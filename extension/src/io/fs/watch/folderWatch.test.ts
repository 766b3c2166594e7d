import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { FolderWatch } from './folderWatch';

let root: string;
let watch: FolderWatch;
const reported = new Set<string>();
let check: () => void = () => undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palmtree-watch-'));
  await mkdir(join(root, 'n'));
  reported.clear();
  watch = new FolderWatch({
    root,
    onChange: (paths) => {
      for (const path of paths) reported.add(path);
      check();
    },
    onFault: (error) => {
      throw error;
    },
    isWanted: (path) => path.startsWith('n'),
  });
  watch.update(['n']);
});
afterEach(async () => {
  watch.close();
  await rm(root, { recursive: true });
});

/** Resolves when one of `paths` is reported. */
function seen(...paths: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    check = () => {
      if (paths.some((path) => reported.has(path))) resolve();
    };
    check();
  });
}

it('reports files that are made, changed and deleted', async () => {
  await writeFile(join(root, 'n/a'), 'a');
  await seen('n/a');
  reported.clear();
  await rm(join(root, 'n/a'));
  await seen('n/a');
});

it('follows into new folders, and into those that take their place', async () => {
  await mkdir(join(root, 'n/new/deep'), { recursive: true });
  await seen('n/new', 'n/new/deep');
  await writeFile(join(root, 'n/new/deep/a'), 'a');
  await seen('n/new/deep/a');
  await rename(join(root, 'n/new'), join(root, 'n/old'));
  await seen('n/old');
  reported.clear();
  await writeFile(join(root, 'n/old/deep/b'), 'b');
  await seen('n/old/deep/b');
});

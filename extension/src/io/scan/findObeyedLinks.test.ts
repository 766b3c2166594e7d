import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findObeyedLinks } from './findObeyedLinks';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-links-'));
});
afterEach(() => rm(base, { recursive: true }));

const root = (): string => join(base, 'root');

async function link(path: string, target: string): Promise<void> {
  await mkdir(dirname(join(root(), path)), { recursive: true });
  await symlink(target, join(root(), path));
}

function found(...tracked: readonly string[]): string[] {
  return foundFrom(root(), tracked);
}

function foundFrom(opened: string, tracked: readonly string[]): string[] {
  const rules = tracked.map((path) => ({ path, kind: 'folder', effect: 'track' }) as const);
  return findObeyedLinks(opened, rules).map(({ path, target }) => `${path} -> ${target}`);
}

it('finds links in the workspace folder, in folders that programs obey, and above and beside what is tracked', async () => {
  await mkdir(join(root(), 'notes/x'), { recursive: true });
  await link('.husky', 'notes/x');
  await link('.vscode/settings.json', '../notes/settings.json');
  await link('.git/hooks/pre-commit', '../../notes/x/hook');
  await link('a/b/Makefile', '../../notes/x/build.txt');
  await link('other/Makefile', '../notes/x/build.txt');
  expect(found('notes', 'a/b/c').sort()).toEqual([
    '.git/hooks/pre-commit -> notes/x/hook',
    '.husky -> notes/x',
    '.vscode/settings.json -> notes/settings.json',
    'a/b/Makefile -> notes/x/build.txt',
  ]);
});

it('follows links to where nothing is yet, by way of other links and of a parent, and absolute ones by both names', async () => {
  await mkdir(join(root(), 'notes'), { recursive: true });
  await symlink('root', join(base, 'alias'));
  await link('.husky', join(base, 'alias/notes/x'));
  await link('.vimrc', join(await realpath(root()), 'notes/../notes/vimrc'));
  await link('.envrc', 'between/envrc');
  await link('between', 'notes/y');
  await link('a/Makefile', '../../root/notes/build');
  expect(foundFrom(join(base, 'alias'), ['notes', 'a/b']).sort()).toEqual([
    '.envrc -> notes/y/envrc',
    '.husky -> notes/x',
    '.vimrc -> notes/vimrc',
    'a/Makefile -> notes/build',
  ]);
});

it('leaves out ordinary names, links to other folders, links in a circle, and the packages of a monorepo', async () => {
  await writeFile(join(base, 'vimrc'), '');
  await link('docs', 'notes');
  await link('.vimrc', '../vimrc');
  await link('.envrc', '.env');
  await link('.env', '.envrc');
  await link('node_modules/one', '../packages/one');
  expect(found('notes')).toEqual([]);
});

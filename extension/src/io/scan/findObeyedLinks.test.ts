import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
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
  const rules = tracked.map((path) => ({ path, kind: 'folder', effect: 'track' }) as const);
  return findObeyedLinks(root(), rules).map(({ path, target }) => `${path} -> ${target}`);
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

it('follows links to where nothing is yet, absolute ones, and ones by way of another name of the folder', async () => {
  await mkdir(root(), { recursive: true });
  await symlink('root', join(base, 'alias'));
  await link('.husky', join(base, 'alias/notes/x'));
  await link('.envrc', 'between/envrc');
  await link('between', 'notes/y');
  expect(found('notes').sort()).toEqual(['.envrc -> notes/y/envrc', '.husky -> notes/x']);
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

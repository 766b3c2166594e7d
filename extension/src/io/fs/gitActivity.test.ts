import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitActivity } from './gitActivity';

let scratch: string;
let repository: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-git-'));
  repository = join(scratch, 'repository');
  await mkdir(join(repository, 'notes'), { recursive: true });
  git(repository, 'init', '--quiet', '--initial-branch=main');
  await commit('notes/a.md', 'base');
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

/** Without the user's own configuration. A merge that stops ends with 1. */
function git(folder: string, ...args: string[]): void {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@example.org',
  };
  try {
    execFileSync('git', args, { cwd: folder, env, stdio: 'pipe' });
  } catch (error) {
    if (!['merge', 'rebase', 'cherry-pick', 'revert'].includes(args[0] ?? '')) throw error;
  }
}

async function commit(path: string, content: string, folder = repository): Promise<void> {
  await writeFile(join(folder, path), content);
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', content);
}

/** `main` and `other` both changed the file. */
async function diverge(): Promise<void> {
  git(repository, 'checkout', '--quiet', '-b', 'other');
  await commit('notes/a.md', 'theirs');
  git(repository, 'checkout', '--quiet', 'main');
  await commit('notes/a.md', 'ours before');
  await commit('notes/a.md', 'ours');
}

describe('what git is at', () => {
  it('is nothing in a repository at rest, nor where there is none', async () => {
    expect(await gitActivity([join(repository, 'notes')])).toBeUndefined();
    expect(await gitActivity([scratch])).toBeUndefined();
  });

  it('is seen in any of the folders, a new one too', async () => {
    await diverge();
    git(repository, 'merge', 'other');
    expect(await gitActivity([scratch, join(scratch, 'none'), join(repository, 'notes/new')])).toBe('MERGE_HEAD');
  });

  it.each([
    ['merge', ['merge', 'other'], 'MERGE_HEAD', ['merge', '--abort']],
    ['rebase', ['rebase', 'other'], 'rebase-merge', ['rebase', '--abort']],
    ['rebase by patches', ['rebase', '--apply', 'other'], 'rebase-apply', ['rebase', '--abort']],
    ['cherry-pick', ['cherry-pick', 'other'], 'CHERRY_PICK_HEAD', ['cherry-pick', '--abort']],
    ['revert', ['revert', '--no-edit', 'HEAD~1'], 'REVERT_HEAD', ['revert', '--abort']],
  ])('is seen while a %s waits, in a folder of the repository too', async (_, begin, sign, abort) => {
    await diverge();
    git(repository, ...begin);
    expect(await gitActivity([join(repository, 'notes')])).toBe(sign);
    git(repository, ...abort);
    expect(await gitActivity([join(repository, 'notes')])).toBeUndefined();
  });

  it('is seen while git holds the index', async () => {
    await writeFile(join(repository, '.git/index.lock'), '');
    expect(await gitActivity([repository])).toBe('index.lock');
  });

  it('is told apart between worktrees', async () => {
    await diverge();
    const worktree = join(scratch, 'worktree');
    git(repository, 'worktree', 'add', '--quiet', '-b', 'third', worktree, 'main');
    git(worktree, 'merge', 'other');
    expect(await gitActivity([worktree])).toBe('MERGE_HEAD');
    expect(await gitActivity([repository])).toBeUndefined();
  });
});

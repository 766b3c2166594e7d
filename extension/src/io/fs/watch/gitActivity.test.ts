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

/** Runs git without the user's configuration. Commands that stop at a conflict exit with 1. */
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

/** Commits different changes to one file on `main` and on `other`. */
async function diverge(): Promise<void> {
  git(repository, 'checkout', '--quiet', '-b', 'other');
  await commit('notes/a.md', 'theirs');
  git(repository, 'checkout', '--quiet', 'main');
  await commit('notes/a.md', 'ours before');
  await commit('notes/a.md', 'ours');
}

describe('git activity', () => {
  it('is undefined in an idle repository, and outside one', async () => {
    expect(await gitActivity([join(repository, 'notes')])).toBeUndefined();
    expect(await gitActivity([scratch])).toBeUndefined();
  });

  it('is found in any of the folders, even from one that does not exist', async () => {
    await diverge();
    git(repository, 'merge', 'other');
    expect(await gitActivity([scratch, join(scratch, 'none'), join(repository, 'notes/new')])).toBe('MERGE_HEAD');
  });

  it.each([
    ['merge', ['merge', 'other'], 'MERGE_HEAD', ['merge', '--abort']],
    ['rebase', ['rebase', 'other'], 'rebase-merge', ['rebase', '--abort']],
    ['rebase --apply', ['rebase', '--apply', 'other'], 'rebase-apply', ['rebase', '--abort']],
    ['cherry-pick', ['cherry-pick', 'other'], 'CHERRY_PICK_HEAD', ['cherry-pick', '--abort']],
    ['revert', ['revert', '--no-edit', 'HEAD~1'], 'REVERT_HEAD', ['revert', '--abort']],
  ])('is found during an unfinished %s, from a folder in the repository', async (_, begin, activityFile, abort) => {
    await diverge();
    git(repository, ...begin);
    expect(await gitActivity([join(repository, 'notes')])).toBe(activityFile);
    git(repository, ...abort);
    expect(await gitActivity([join(repository, 'notes')])).toBeUndefined();
  });

  it('is found while git has the index lock', async () => {
    await writeFile(join(repository, '.git/index.lock'), '');
    expect(await gitActivity([repository])).toBe('index.lock');
  });

  it('is separate for each worktree', async () => {
    await diverge();
    const worktree = join(scratch, 'worktree');
    git(repository, 'worktree', 'add', '--quiet', '-b', 'third', worktree, 'main');
    git(worktree, 'merge', 'other');
    expect(await gitActivity([worktree])).toBe('MERGE_HEAD');
    expect(await gitActivity([repository])).toBeUndefined();
  });
});

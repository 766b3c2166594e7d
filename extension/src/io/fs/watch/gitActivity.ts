import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readSmallFile } from '../smallFile';

/** More than any path has. */
const maxGitFileBytes = 1 << 16;

/** Names in a git folder while git changes files, or while an unfinished git command waits for the user. */
const activityFiles = [
  'index.lock',
  'MERGE_HEAD',
  'rebase-merge',
  'rebase-apply',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'sequencer',
];

/**
 * The name of the first activity file in a repository of `folders`, such as MERGE_HEAD; undefined if no git command is
 * unfinished there.
 */
export async function gitActivity(folders: Iterable<string>): Promise<string | undefined> {
  const visited = new Set<string>();
  for (const folder of folders) {
    const gitFolder = await findGitFolder(folder, visited);
    if (gitFolder === undefined) continue;
    for (const name of activityFiles) if (await exists(join(gitFolder, name))) return name;
  }
  return undefined;
}

/** Finds the git folder of a repository with `folder` in it. Folders in `visited` are skipped, and new ones added. */
async function findGitFolder(folder: string, visited: Set<string>): Promise<string | undefined> {
  for (let at = resolve(folder); !visited.has(at); at = dirname(at)) {
    visited.add(at);
    const path = join(at, '.git');
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile()) {
      // In a worktree or a submodule, `.git` is a file with the path of the git folder.
      const content = await readSmallFile(path, maxGitFileBytes);
      const gitFolder = /^gitdir: (.+)$/m.exec(Buffer.from(content ?? []).toString('utf8'))?.[1];
      return gitFolder === undefined ? undefined : resolve(at, gitFolder);
    }
    if (stats !== undefined) return path;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

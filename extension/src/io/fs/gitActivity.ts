import { lstat, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What stands in a git folder while git works on the files, or waits for the user to end what it began. */
const signs = [
  'index.lock',
  'MERGE_HEAD',
  'rebase-merge',
  'rebase-apply',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'sequencer',
];

/**
 * What git is at in the repositories that `folders` lie in, by the name of the sign; undefined when it is at rest, or
 * when there is no repository.
 */
export async function gitActivity(folders: Iterable<string>): Promise<string | undefined> {
  const visited = new Set<string>();
  for (const folder of folders) {
    const gitFolder = await findGitFolder(folder, visited);
    if (gitFolder === undefined) continue;
    for (const sign of signs) if (await stands(join(gitFolder, sign))) return sign;
  }
  return undefined;
}

/** Of a worktree or a submodule, `.git` is a file that names the folder. What was `visited` is not looked at again. */
async function findGitFolder(folder: string, visited: Set<string>): Promise<string | undefined> {
  for (let at = resolve(folder); !visited.has(at); at = dirname(at)) {
    visited.add(at);
    const path = join(at, '.git');
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile()) {
      const named = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
      return named === undefined ? undefined : resolve(at, named);
    }
    if (stats !== undefined) return path;
  }
  return undefined;
}

async function stands(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

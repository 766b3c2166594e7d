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
 * What git is at in the repository that `folder` lies in, by the name of the sign; undefined when it is at rest, or
 * when there is no repository.
 */
export async function gitActivity(folder: string): Promise<string | undefined> {
  const gitFolder = await findGitFolder(folder);
  if (gitFolder === undefined) return undefined;
  for (const sign of signs) if (await stands(join(gitFolder, sign))) return sign;
  return undefined;
}

/** Of a worktree or a submodule, `.git` is a file that names the folder. */
async function findGitFolder(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, '.git');
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile()) {
      const named = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
      return named === undefined ? undefined : resolve(at, named);
    }
    if (stats !== undefined) return path;
    if (at === dirname(at)) return undefined;
  }
}

async function stands(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

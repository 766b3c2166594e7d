import { subjectProblem } from './commitSubject.mjs';
import { repository } from '../paths.mts';
import { runCommand } from '../processes/runCommand.mts';
import type { Totals } from '../totals.mts';

/** The last commit before the rule for subjects; older subjects stay as they are. */
const lastUnchecked = 'fe777d336479d012d899cf5c84efb9d2c89196ac';

/** Checks the subjects of all commits since the rule was introduced. */
export async function checkNewCommits(): Promise<Totals> {
  const subjects = await subjectsSince(lastUnchecked, repository);
  if (subjects === undefined) {
    process.stdout.write('Skipped: this is not a git checkout, or its history does not reach back to the rule.\n');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const bad = subjects.flatMap((subject) => {
    const problem = subjectProblem(subject);
    return problem ? [`"${subject}" ${problem}`] : [];
  });
  for (const line of bad) process.stdout.write(`${line}\n`);
  return { passed: bad.length === 0 ? 1 : 0, failed: bad.length };
}

/**
 * Returns the subjects of the commits between `base` and HEAD, without merges.
 * Returns undefined outside a git checkout, or if HEAD's history does not contain `base`, as in a shallow clone.
 */
export async function subjectsSince(base: string, folder: string): Promise<string[] | undefined> {
  const git = (...args: string[]) => runCommand('git', ['-C', folder, ...args]);
  if ((await git('merge-base', '--is-ancestor', base, 'HEAD')).code !== 0) return undefined;
  const { code, output } = await git('log', '--no-merges', '--format=%s', `${base}..HEAD`);
  return code === 0 ? output.split('\n').filter((line) => line !== '') : undefined;
}

import { Command } from 'commander';
import { fileCount } from '../../messages/format';
import { quotedPaths } from '../../messages/pathList';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { pathsInFolder } from '../folder/paths';
import { problemSentence } from '../terminal/pathSentences';

export function trackCommand(): Command {
  const command = new Command('track')
    .alias('add')
    .description('track files, and folders with everything in them')
    .argument('<path...>', 'files and folders of the connected folder');
  return globalOptions(command)
    .addHelpText('after', '\nIn place of "soc_add DIR -id", use "palmtree track DIR".')
    .action(action((invocation, typed: string[]) => track(invocation, typed)));
}

async function track(invocation: Invocation, typed: readonly string[]): Promise<void> {
  const { out, cwd } = invocation;
  await withFolder(
    invocation,
    async ({ sync, root }) => {
      const paths = pathsInFolder(typed, cwd, root);
      await sync.track(paths);
      const { tracked } = sync.state.counts;
      out.result('tracked', { paths, tracked }, `${fileCount(tracked)} tracked.`);
      for (const path of paths) {
        const problem = sync.problemAt(path);
        if (problem !== undefined) out.warn(`${path}: ${problemSentence(problem)}`, { path, reason: problem.reason });
      }
    },
    { isServerOptional: true },
  );
}

export function untrackCommand(): Command {
  const command = new Command('untrack')
    .description('stop syncing files and folders on this machine; nothing is deleted')
    .argument('<path...>', 'files and folders of the connected folder');
  return globalOptions(command).action(action((invocation, typed: string[]) => untrack(invocation, typed)));
}

async function untrack(invocation: Invocation, typed: readonly string[]): Promise<void> {
  const { out, cwd } = invocation;
  await withFolder(
    invocation,
    async ({ sync, root }) => {
      const paths = pathsInFolder(typed, cwd, root);
      await sync.untrack(paths);
      const verb = paths.length === 1 ? 'is' : 'are';
      const names = quotedPaths(paths.map((path) => path || '.'));
      out.result('untracked', { paths }, `${names} ${verb} no longer synced here. Nothing was deleted.`);
    },
    { isServerOptional: true },
  );
}

import { Command } from 'commander';
import { prunePlanTask, pruneTask } from '../../administration/prune';
import type { PlannedTree } from '../../retention/retention';
import { bytesText } from '../bytesText';
import { confirm } from '../confirm';
import { countText } from '../countText';
import { taskOptions, type TaskOptions, type TaskRunner } from '../taskOptions';

interface PruneCommandOptions extends TaskOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function pruneCommand(run: TaskRunner, print: (line: string) => void): Command {
  return taskOptions(new Command('prune').argument('[names...]', 'the trees (default: all that have a policy)'))
    .description('remove the versions that no kept revision contains, and run gc; the server may be running')
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (names: string[], options: PruneCommandOptions) => {
      const plan = await run(options, prunePlanTask, { names });
      if (options.dryRun && options.json) return print(JSON.stringify(plan));
      if (!options.json) for (const line of linesOf(plan)) print(line);
      if (options.dryRun || plan.length === 0) return undefined;
      // With nothing to remove, gc may still have to free what a killed prune has left.
      const versions = plan.reduce((sum, tree) => sum + tree.versions, 0);
      if (options.yes !== true && versions > 0) await confirm(`Remove ${countText(versions, 'version')} for good?`);
      const result = await run(options, pruneTask, { names });
      if (options.json) return print(JSON.stringify(result));
      const removed = result.trees.reduce((sum, tree) => sum + tree.versions, 0);
      return print(`Removed ${countText(removed, 'version')}. That freed ${bytesText(result.freed)} on the disk.`);
    });
}

function linesOf(plan: readonly PlannedTree[]): string[] {
  if (plan.length === 0) return ['No tree has a policy. "tree keep" gives it one.'];
  return plan.map(({ name, revisions, versions, bytes }) => {
    if (versions === 0) return `${name}: nothing to remove.`;
    const from = countText(revisions, 'revision');
    return `${name}: ${from} would lose ${countText(versions, 'version')}, with ${bytesText(bytes)} of content.`;
  });
}

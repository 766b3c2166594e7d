import { Command } from 'commander';
import { treeListTask } from '../administration/treeList';
import type { TreeTotal } from '../trees/treeTotals';
import { bytesText } from './bytesText';
import { taskOptions, type TaskOptions, type TaskRunner } from './taskOptions';
import { tableLines } from './tableLines';

interface JsonOption {
  readonly json?: boolean;
}

export function treeCommand(run: TaskRunner, print: (line: string) => void): Command {
  const command = new Command('tree').description('list, rename and delete trees');
  taskOptions(command.command('list').description('list the trees with their sizes'))
    .option('--json', 'print JSON')
    .action(async (options: TaskOptions & JsonOption) => {
      const trees = await run(options, treeListTask, {});
      if (options.json) print(JSON.stringify(trees));
      else for (const line of linesOf(trees)) print(line);
    });
  return command;
}

function linesOf(trees: readonly TreeTotal[]): string[] {
  if (trees.length === 0) return ['There are no trees.'];
  const header = ['NAME', 'REVISION', 'FILES', 'SIZE', 'LAST PUSH', 'BY'];
  const rows = trees.map(({ name, revision, files, bytes, lastPush }) => [
    name,
    String(revision),
    String(files),
    bytesText(bytes),
    lastPush?.at ?? '-',
    lastPush?.by ?? '-',
  ]);
  return tableLines([header, ...rows]);
}

import { Command } from 'commander';
import { duTask, type DuResult } from '../../administration/du';
import type { TreeContent } from '../../trees/treeContents';
import { bytesText } from '../bytesText';
import { tableLines } from '../tableLines';
import { taskOptions, type TaskOptions, type TaskRunner } from '../taskOptions';

export function duCommand(run: TaskRunner, print: (line: string) => void): Command {
  return taskOptions(new Command('du').description('show what takes up the disk; the server may be running'))
    .option('--json', 'print JSON')
    .action(async (options: TaskOptions & { readonly json?: boolean }) => {
      const result = await run(options, duTask, {});
      if (options.json) print(JSON.stringify(result));
      else for (const line of linesOf(result)) print(line);
    });
}

function linesOf({ trees, contents, sessions, database, quarantine, total }: DuResult): string[] {
  const header = ['TREE', 'HEAD', 'HISTORY', 'SHARED'];
  const rows = trees.map((tree) => [
    titleOf(tree),
    bytesText(tree.head),
    bytesText(tree.history),
    bytesText(tree.shared),
  ]);
  const parts = [
    ['ON DISK', ''],
    ['contents', bytesText(contents)],
    ['transfers', bytesText(sessions)],
    ['database', bytesText(database)],
    ['quarantine', bytesText(quarantine)],
    ['total', bytesText(total)],
  ];
  return [...(rows.length === 0 ? [] : [...tableLines([header, ...rows]), '']), ...tableLines(parts)];
}

function titleOf({ name, deletedAt }: TreeContent): string {
  return deletedAt === null ? name : `${name} (deleted)`;
}

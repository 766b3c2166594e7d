import { Command } from 'commander';
import { treeDeleteTask, treeRenameTask, treeUndeleteTask } from '../../administration/treeChanges';
import { treeListTask, type ListedTree } from '../../administration/treeList';
import { noTree } from '../../trees/treeAdministration';
import { bytesText } from '../bytesText';
import { confirm } from '../confirm';
import { countText } from '../countText';
import { policyText } from '../../retention/policy';
import { addKeepCommand } from './treeKeepCommand';
import { taskOptions, type TaskOptions, type TaskRunner } from '../taskOptions';
import { tableLines } from '../tableLines';

interface JsonOption {
  readonly json?: boolean;
}

export function treeCommand(run: TaskRunner, print: (line: string) => void): Command {
  const command = new Command('tree').description('list, rename and delete trees, and choose what they keep');
  taskOptions(command.command('list').description('list the trees with their sizes'))
    .option('--json', 'print JSON')
    .action(async (options: TaskOptions & JsonOption) => {
      const trees = await run(options, treeListTask, {});
      if (options.json) print(JSON.stringify(trees));
      else for (const line of linesOf(trees)) print(line);
    });
  taskOptions(
    command.command('rename <old> <new>').description('rename a tree; tokens that are limited to it follow'),
  ).action(async (name: string, newName: string, options: TaskOptions) => {
    await run(options, treeRenameTask, { name, newName });
    print(`Renamed ${name} to ${newName}. Machines that sync ${name} have to connect to ${newName}.`);
  });
  taskOptions(command.command('delete <name>').description('delete a tree with all its revisions'))
    .option('--yes', 'do not ask')
    .action(async (name: string, options: TaskOptions & { readonly yes?: boolean }) => {
      if (options.yes !== true) await confirm(await deletionQuestion(run, options, name));
      await run(options, treeDeleteTask, { name });
      print(`Deleted ${name}. "tree undelete ${name}" brings it back until gc purges it, by itself after 7 days.`);
    });
  taskOptions(command.command('undelete <name>').description('bring back a tree that gc has not purged yet')).action(
    async (name: string, options: TaskOptions) => {
      await run(options, treeUndeleteTask, { name });
      print(`Brought ${name} back.`);
    },
  );
  addKeepCommand(command, run, print);
  return command;
}

async function deletionQuestion(run: TaskRunner, options: TaskOptions, name: string): Promise<string> {
  const [tree] = await run(options, treeListTask, { only: name });
  if (tree === undefined) throw noTree(name);
  const revisions = countText(tree.revision, 'revision');
  const files = countText(tree.files, 'file');
  return `Delete the tree ${name} with ${revisions}, and ${files} (${bytesText(tree.bytes)}) at its head?`;
}

function linesOf(trees: readonly ListedTree[]): string[] {
  if (trees.length === 0) return ['There are no trees.'];
  const header = ['NAME', 'REVISION', 'FILES', 'SIZE', 'LAST PUSH', 'BY', 'KEEPS'];
  const rows = trees.map(({ name, revision, files, bytes, lastPush, keeps }) => [
    name,
    String(revision),
    String(files),
    bytesText(bytes),
    lastPush?.at ?? '-',
    lastPush?.by ?? '-',
    policyText(keeps),
  ]);
  return tableLines([header, ...rows]);
}

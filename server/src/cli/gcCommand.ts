import { Command } from 'commander';
import { gcTask } from '../administration/gc';
import type { GcResult } from '../gc/garbageCollector';
import { bytesText } from './bytesText';
import { taskOptions, type TaskOptions, type TaskRunner } from './taskOptions';

interface GcCommandOptions extends TaskOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function gcCommand(run: TaskRunner, print: (line: string) => void): Command {
  const description =
    'remove what no revision and no transfer uses, and purge deleted trees; the server may be running';
  return taskOptions(new Command('gc').description(description))
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'print JSON')
    .action(async (options: GcCommandOptions) => {
      const dryRun = options.dryRun === true;
      const result = await run(options, gcTask, { dryRun });
      if (options.json) print(JSON.stringify(result));
      else print(sentenceOf(result, dryRun));
    });
}

function sentenceOf({ trees, contents, frozen, rewritten, leftovers }: GcResult, dryRun: boolean): string {
  const files = contents.files + leftovers.files;
  const bytes = bytesText(contents.bytes + leftovers.bytes);
  const purged = trees.length === 0 ? '' : ` and ${trees.length === 1 ? '1 tree' : `${trees.length} trees`}`;
  const removed = `${dryRun ? 'Would remove' : 'Removed'} ${files === 1 ? '1 file' : `${files} files`}${purged}: ${bytes}.`;
  const packs = rewritten.packs === 1 ? '1 pack' : `${rewritten.packs} packs`;
  const others = [
    ...(frozen.contents === 0 ? [] : [frozenSentence(frozen, dryRun)]),
    ...(rewritten.packs === 0
      ? []
      : [`${dryRun ? 'Would rewrite' : 'Rewrote'} ${packs}: ${bytesText(rewritten.bytes)}.`]),
  ];
  return [removed, ...others].join(' ');
}

function frozenSentence({ contents, bytes, storedBytes }: GcResult['frozen'], dryRun: boolean): string {
  const count = contents === 1 ? '1 content' : `${contents} contents`;
  const what = `${count} of the history (${bytesText(bytes)})`;
  return dryRun ? `Would compress ${what}.` : `Compressed ${what} into ${bytesText(storedBytes)}.`;
}

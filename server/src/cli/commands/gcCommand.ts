import { Command } from 'commander';
import { gcTask } from '../../administration/gc';
import type { GcResult } from '../../gc/garbageCollector';
import { bytesText } from '../bytesText';
import { countText } from '../countText';
import { taskOptions, type TaskOptions, type TaskRunner } from '../taskOptions';

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
  const purged = trees.length === 0 ? '' : ` and ${countText(trees.length, 'tree')}`;
  const removed = `${dryRun ? 'Would remove' : 'Removed'} ${countText(files, 'file')}${purged}: ${bytes}.`;
  const packs = countText(rewritten.packs, 'pack');
  const others = [
    ...(frozen.contents === 0 ? [] : [frozenSentence(frozen, dryRun)]),
    ...(rewritten.packs === 0
      ? []
      : [`${dryRun ? 'Would rewrite' : 'Rewrote'} ${packs}: ${bytesText(rewritten.bytes)}.`]),
  ];
  return [removed, ...others].join(' ');
}

function frozenSentence({ contents, bytes, storedBytes }: GcResult['frozen'], dryRun: boolean): string {
  const what = `${countText(contents, 'content')} of the history (${bytesText(bytes)})`;
  return dryRun ? `Would compress ${what}.` : `Compressed ${what} into ${bytesText(storedBytes)}.`;
}

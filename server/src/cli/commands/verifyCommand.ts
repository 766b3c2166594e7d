import { constants, setPriority } from 'node:os';
import { Command } from 'commander';
import { withDatabase } from '../../database/withDatabase';
import { OperatorError, WireError } from '../../errors';
import { openContents } from '../../objects/openContents';
import { Reserve } from '../../space/reserve';
import { lineOf } from '../../verify/damage';
import { verify, type VerifyResult } from '../../verify/verify';
import type { VerifyServices } from '../../verify/verifyTask';
import { bytesText } from '../bytesText';
import { cancelOnSignal } from '../cancelOnSignal';
import { countText } from '../countText';
import { dataOption, existingDataFolder, type DataOption } from '../dataFolder';
import { ProgressLine } from '../progressLine';

interface VerifyCommandOptions extends DataOption {
  readonly tree?: readonly string[];
  readonly quick?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** In a process of its own, so that the server's requests do not wait for the reading and hashing. */
export function verifyCommand(print: (line: string) => void): Command {
  return new Command('verify')
    .description('read everything that is stored and compare it with what it should be; the server may be running')
    .option('--tree <tree...>', 'only these trees (default: all of them, and objects that no tree uses)')
    .option('--quick', 'compare the sizes of contents instead of reading them')
    .option('--dry-run', 'leave damaged objects where they are')
    .option('--json', 'print each damage and the totals as a line of JSON')
    .addOption(dataOption())
    .addHelpText('after', '\nExits with 0 if all is well, and with 1 if there is damage or the command fails.')
    .action(async (options: VerifyCommandOptions) => {
      setPriority(constants.priority.PRIORITY_LOW);
      const progress = new ProgressLine(process.stderr, 'Verifying');
      const printDamage = (value: object, line: string): void => {
        progress.clear();
        print(options.json ? JSON.stringify(value) : line);
      };
      const result = await cancelOnSignal((signal) =>
        verify(servicesOf(existingDataFolder(options.data)), {
          treeNames: options.tree,
          quick: options.quick === true,
          dryRun: options.dryRun === true,
          signal,
          onDamage: (damage) => printDamage(damage, lineOf(damage)),
          onTotal: (bytes) => progress.setTotal(bytes),
          onContent: (bytes) => progress.add(bytes),
        }).catch(rethrowInWords),
      );
      progress.clear();
      print(options.json ? JSON.stringify(result) : summaryOf(result));
      if (result.damages > 0) process.exitCode = 1;
    });
}

function servicesOf(dataFolder: string): VerifyServices {
  const reserve = new Reserve(dataFolder);
  return {
    contentsOf: (database) => openContents(dataFolder, database),
    // SQLite writes even where it only reads, and the disk may be full.
    withDatabase: (use) => reserve.withRoom(() => withDatabase(dataFolder, use)),
  };
}

function summaryOf({ trees, contents, bytes, damages }: VerifyResult): string {
  const found = damages === 0 ? 'Everything is whole.' : `Found ${countText(damages, 'fault')}.`;
  return `Verified ${countText(contents, 'content')} (${bytesText(bytes)}) of ${countText(trees, 'tree')}. ${found}`;
}

function rethrowInWords(error: unknown): never {
  if (!(error instanceof WireError)) throw error;
  throw new OperatorError(`The verification failed: ${error.message}. Check --tree and --data.`, { cause: error });
}

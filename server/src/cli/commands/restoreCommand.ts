import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { restoreBackup, type RestoreResult } from '../../backup/restoreBackup';
import { OperatorError } from '../../errors';
import { isStorageFull } from '../../space/isStorageFull';
import { lineOf } from '../../verify/damage';
import { bytesText } from '../bytesText';
import { cancelOnSignal } from '../cancelOnSignal';
import { countText } from '../countText';
import { createDataFolder } from '../dataFolder';
import { lockDataFolder } from '../../administration/dataFolderLock';
import { ProgressLine } from '../progressLine';

interface RestoreCommandOptions {
  readonly data: string;
  readonly force?: boolean;
}

interface OpenBackup {
  readonly stream: AsyncIterable<Buffer>;
  /** Undefined if it is not a file. */
  readonly bytes: number | undefined;
}

const chunkBytes = 1 << 20;

export function restoreCommand(print: (line: string) => void): Command {
  return new Command('restore')
    .description('restore a backup into a new data folder')
    .argument('<file>', 'the backup; "-" reads the input')
    .requiredOption('--data <folder>', 'a folder that is empty or does not exist')
    .option('--force', 'remove what an interrupted restore left in the folder')
    .addHelpText('after', '\nExits with 1 if the backup lacks contents, which it names, or if the command fails.')
    .action(async (file: string, options: RestoreCommandOptions) => {
      const backup = await openBackup(file);
      const progress = new ProgressLine(process.stderr, 'Restoring', backup.bytes);
      const dataFolder = createDataFolder(options.data);
      const lock = await lockDataFolder(dataFolder);
      try {
        const result = await cancelOnSignal((signal) =>
          restoreBackup({
            backup: backup.stream,
            dataFolder,
            force: options.force === true,
            signal,
            onBytes: (bytes) => progress.add(bytes),
            onLost: (lost) => {
              progress.clear();
              print(lineOf(lost));
            },
          }),
        );
        progress.clear();
        for (const line of summaryOf(result, dataFolder)) print(line);
        if (result.lost > 0) process.exitCode = 1;
      } catch (error) {
        progress.clear();
        if (!isStorageFull(error)) throw error;
        const fix = 'Nothing was restored. Free some space, or choose another disk with --data.';
        throw new OperatorError(`The disk of ${dataFolder} is full. ${fix}`, { cause: error });
      } finally {
        lock.release();
      }
    });
}

/** Throws OperatorError. */
async function openBackup(file: string): Promise<OpenBackup> {
  if (file === '-') return { stream: process.stdin, bytes: undefined };
  try {
    const handle = await open(resolve(file), 'r');
    const stats = fstatSync(handle.fd);
    if (stats.isDirectory()) throw Object.assign(new Error('the path is a folder'), { code: 'EISDIR' });
    const stream = handle.createReadStream({ highWaterMark: chunkBytes });
    return { stream, bytes: stats.isFile() ? stats.size : undefined };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new OperatorError(`The backup ${file} cannot be read (${code}). Check its name.`, { cause: error });
  }
}

function summaryOf({ trees, contents, bytes, lost, createdAt }: RestoreResult, dataFolder: string): string[] {
  const lacks = lost === 0 ? '' : ` The backup lacks ${countText(lost, 'content')}.`;
  const restored = `${countText(contents, 'content')} (${bytesText(bytes)}) of ${countText(trees, 'tree')}`;
  return [
    `Restored ${restored} to ${dataFolder}, as of ${createdAt}.${lacks}`,
    'Tokens that were revoked since then are valid again: see "palmtree-server token list".',
  ];
}

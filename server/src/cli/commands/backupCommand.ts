import { constants, setPriority } from 'node:os';
import { Command } from 'commander';
import type { WriteBytes } from '../../backup/byteSink';
import { createBackup, type BackupResult } from '../../backup/createBackup';
import { OperatorError } from '../../errors';
import { lineOf } from '../../verify/damage';
import { writeBackupFile, writeToStdout } from '../backupFile';
import { bytesText } from '../bytesText';
import { cancelOnSignal } from '../cancelOnSignal';
import { countText } from '../countText';
import { dataOption, existingDataFolder, type DataOption } from '../dataFolder';
import { ProgressLine } from '../progressLine';

interface BackupCommandOptions extends DataOption {
  readonly force?: boolean;
}

/** In a process of its own, so that the server's requests do not wait for the reading and hashing. */
export function backupCommand(version: string): Command {
  return new Command('backup')
    .description('write the database and all contents into one file; the server may be running')
    .argument('<file>', 'the file; "-" writes to the output')
    .option('--force', 'replace an existing file')
    .addOption(dataOption())
    .addHelpText('after', '\nExits with 1 if a content is lost or damaged, which it names, or if the command fails.')
    .action(async (file: string, options: BackupCommandOptions) => {
      setPriority(constants.priority.PRIORITY_LOW);
      const dataFolder = existingDataFolder(options.data);
      const progress = new ProgressLine(process.stderr, 'Backing up');
      const tell = (line: string): void => {
        progress.clear();
        process.stderr.write(`${line}\n`);
      };
      const result = await cancelOnSignal((signal) => {
        const create = (write: WriteBytes): Promise<BackupResult> =>
          createBackup({
            dataFolder,
            version,
            now: new Date(),
            signal,
            write,
            onTotal: (bytes) => progress.setTotal(bytes),
            onBytes: (bytes) => progress.add(bytes),
            onLost: (lost) => tell(lineOf(lost)),
          });
        if (file !== '-') return writeBackupFile(file, { dataFolder, force: options.force === true }, create);
        requirePipe();
        return create(writeToStdout);
      });
      tell(summaryOf(result));
      if (result.lost > 0) process.exitCode = 1;
    });
}

function requirePipe(): void {
  if (process.stdout.isTTY) throw new OperatorError('A terminal cannot show a backup. Redirect the output.');
}

function summaryOf({ trees, contents, bytes, lost }: BackupResult): string {
  const lacks = lost === 0 ? '' : ` The backup lacks ${countText(lost, 'content')}.`;
  return `Backed up ${countText(contents, 'content')} (${bytesText(bytes)}) of ${countText(trees, 'tree')}.${lacks}`;
}

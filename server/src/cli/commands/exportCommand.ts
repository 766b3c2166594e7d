import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { openDatabase } from '../../database/openDatabase';
import { withDatabase } from '../../database/withDatabase';
import { OperatorError, WireError } from '../../errors';
import { exportRevision } from '../../history/exportRevision';
import { openContents } from '../../objects/openContents';
import { EntryRepository } from '../../trees/entryRepository';
import { TreeRepository } from '../../trees/treeRepository';
import { dataOption, existingDataFolder, type DataOption } from '../dataFolder';

interface ExportOptions extends DataOption {
  readonly to: string;
  readonly revision?: number;
}

export function exportCommand(print: (line: string) => void): Command {
  return new Command('export')
    .description('write one revision of a tree as plain files; the server may be running')
    .argument('<tree>', 'the name of the tree')
    .requiredOption('--to <folder>', 'a folder that is empty or does not exist')
    .option('--revision <number>', 'the revision (default: the newest)', parseRevision)
    .addOption(dataOption())
    .action(async (treeName: string, { data, to, revision }: ExportOptions) => {
      const dataFolder = existingDataFolder(data);
      const database = await openDatabase(dataFolder);
      try {
        const services = {
          trees: new TreeRepository(database, () => new Date()),
          entries: new EntryRepository(database),
          contents: openContents(dataFolder, database),
        };
        const folder = resolve(to);
        const result = await exportRevision(services, {
          treeName,
          revision,
          folder,
          // A server does not start while a command has the database open.
          onRead: () => database.destroy(),
          withContents: (use) => withDatabase(dataFolder, (reopened) => use(openContents(dataFolder, reopened))),
        });
        print(`Exported ${result.files} files of ${treeName} at revision ${result.revision} to ${folder}.`);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        const fix = "Check the tree's name, --revision and --data.";
        throw new OperatorError(`The export failed: ${error.message}. ${fix}`, { cause: error });
      } finally {
        await database.destroy();
      }
    });
}

function parseRevision(value: string): number {
  if (/^[0-9]+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('A revision is a whole number.');
}

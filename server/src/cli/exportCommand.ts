import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { StartError, WireError } from '../errors';
import { openDatabase } from '../database/openDatabase';
import { exportRevision } from '../history/exportRevision';
import { ObjectStore } from '../objects/objectStore';
import { EntryRepository } from '../trees/entryRepository';
import { TreeRepository } from '../trees/treeRepository';
import { defaultDataFolder, prepareDataFolder } from './dataFolder';

interface ExportOptions {
  readonly data: string;
  readonly to: string;
  readonly revision?: number;
}

export function exportCommand(print: (line: string) => void): Command {
  return new Command('export')
    .description('write any revision of a tree as plain files; a server may be running')
    .argument('<tree>')
    .requiredOption('--to <folder>', 'a folder that is empty or not there')
    .option('--revision <number>', 'the revision; the newest without it', parseRevision)
    .option('--data <folder>', 'the data folder', defaultDataFolder)
    .action(async (treeName: string, { data, to, revision }: ExportOptions) => {
      const dataFolder = prepareDataFolder(data);
      const database = await openDatabase(dataFolder);
      try {
        const services = {
          trees: new TreeRepository(database, () => new Date()),
          entries: new EntryRepository(database),
          objects: new ObjectStore(join(dataFolder, 'objects')),
        };
        const folder = resolve(to);
        const exported = await exportRevision(services, { treeName, revision, folder });
        print(`${exported.files} files of ${treeName} at revision ${exported.revision} in ${folder}`);
      } catch (error) {
        throw error instanceof WireError ? new StartError(error.message, { cause: error }) : error;
      } finally {
        await database.destroy();
      }
    });
}

function parseRevision(value: string): number {
  if (/^[0-9]+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('a revision is a whole number');
}

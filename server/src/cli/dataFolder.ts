import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { halfRestored, isHalfRestored } from '../backup/restoreFolder';
import { requireDatabaseOfObjects } from '../database/checkDatabase';
import { databaseFileName } from '../database/openDatabase';
import { OperatorError } from '../errors';
import { isUnusableInConfig } from '../rsync/rsyncConfig';
import { requireWritableFolder } from '../space/writableFolder';

export interface DataOption {
  /** The path of the data folder, as it was typed. */
  readonly data: string;
}

/** The option of a command that works on a data folder. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'the data folder').default(process.env['PALMTREE_DATA'] ?? './palmtree-data');
}

/** Returns the absolute path of a data folder that a server or a token has been created in. Throws OperatorError. */
export function existingDataFolder(path: string): string {
  const folder = resolve(path);
  if (!existsSync(join(folder, databaseFileName)) && !isHalfRestored(folder)) {
    throw new OperatorError(`${folder} is not a data folder of palmtree-server. Choose another with --data.`);
  }
  return prepareDataFolder(path);
}

/** Creates the data folder if necessary and returns its absolute path. Throws OperatorError. */
export function prepareDataFolder(path: string): string {
  const folder = createDataFolder(path);
  if (isHalfRestored(folder)) throw halfRestored(folder);
  requireDatabaseOfObjects(folder);
  return folder;
}

/** `prepareDataFolder` for a restore, which checks itself what the folder has. */
export function createDataFolder(path: string): string {
  if (path === '') throw new OperatorError('The path of the data folder is empty. Name a folder with --data.');
  const folder = resolve(path);
  if (isUnusableInConfig(folder)) {
    const name = JSON.stringify(folder);
    const fix = 'Choose another data folder with --data.';
    throw new OperatorError(`The path ${name} has "%", "\\" or a line break, or ends in a space. ${fix}`);
  }
  requireWritableFolder(folder, { name: 'data folder', option: '--data' });
  return folder;
}

import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartError } from '../errors';
import { unusableInConfig } from '../rsync/rsyncConfig';

export const defaultDataFolder = process.env['PALMTREE_DATA'] ?? './palmtree-data';

export function prepareDataFolder(given: string): string {
  const folder = resolve(given);
  if (unusableInConfig(folder)) {
    throw new StartError(`the data folder's path may not have "%", "\\" or a line break: ${JSON.stringify(folder)}`);
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(`cannot write to the data folder ${folder} (${(error as NodeJS.ErrnoException).code})`);
  }
  return folder;
}

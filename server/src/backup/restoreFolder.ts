import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFileName } from '../database/openDatabase';
import { OperatorError } from '../errors';
import { removeFolder } from '../sessions/removeFolder';

/**
 * The folder in which a restore keeps the database until all contents are there. As long as it exists and the database is
 * not in its place, the data folder is incomplete.
 */
export const restoringName = 'restoring';

const objectsName = 'objects';
/** SQLite may leave the second one beside the first. */
const lockNames: readonly string[] = ['server.lock', 'server.lock-journal'];

/** Whether a restore into the folder was begun and not completed. */
export function isHalfRestored(dataFolder: string): boolean {
  return existsSync(join(dataFolder, restoringName)) && !existsSync(join(dataFolder, databaseFileName));
}

/**
 * Begins a restore into a folder that has nothing but its lock. With `force`, removes what an interrupted restore left
 * there, and nothing else. Throws OperatorError.
 */
export async function beginRestore(dataFolder: string, { force }: { force: boolean }): Promise<void> {
  const others = readdirSync(dataFolder).filter((name) => !lockNames.includes(name));
  if (isHalfRestored(dataFolder)) {
    if (!force) throw halfRestored(dataFolder);
    const foreign = others.filter((name) => name !== restoringName && name !== objectsName);
    if (foreign.length > 0) throw notEmpty(dataFolder, foreign);
    await removeHalfRestored(dataFolder);
  } else if (others.length > 0) {
    throw notEmpty(dataFolder, others);
  }
  mkdirSync(join(dataFolder, restoringName), { mode: 0o700 });
}

/** The mark goes last, so that this can be interrupted too. */
export async function removeHalfRestored(dataFolder: string): Promise<void> {
  removeObjects(join(dataFolder, objectsName));
  await removeFolder(join(dataFolder, restoringName));
}

/** Removes what a restore writes. A folder with anything else in it stays. */
function removeObjects(folder: string): void {
  if (!existsSync(folder)) return;
  for (const shard of readdirSync(folder)) {
    const path = join(folder, shard);
    for (const name of readdirSync(path)) if (/^[0-9a-f]{64}$/.test(name)) rmSync(join(path, name));
    rmdirSync(path);
  }
  rmdirSync(folder);
}

export function halfRestored(dataFolder: string): OperatorError {
  const fix = 'Run "palmtree-server restore" again with --force, which removes what the interrupted one left.';
  return new OperatorError(`A restore into ${dataFolder} was interrupted. ${fix}`);
}

function notEmpty(dataFolder: string, names: readonly string[]): OperatorError {
  const [first = ''] = names;
  const others = names.length > 1 ? ` and ${names.length - 1} more` : '';
  const fix = 'Choose an empty or absent folder with --data.';
  return new OperatorError(`The folder ${dataFolder} is not empty: it has ${first}${others}. ${fix}`);
}

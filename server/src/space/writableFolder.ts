import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../errors';
import { isStorageFull } from './isStorageFull';

const folderMode = 0o700;
const shownLength = 200;

/** The words for system errors; any other error is shown by its code. */
const faults: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EEXIST: 'it is not a folder',
  ENOTDIR: 'it is not a folder, or below a file',
  ENOENT: 'the system creates nothing there',
  ENAMETOOLONG: 'its path, or a name in it, is too long',
  ELOOP: 'its links lead in a circle',
  EROFS: 'its disk is read-only',
  EIO: 'its disk reports an error',
  EINVAL: 'its disk does not allow such a name',
};

/**
 * Creates the folder at the absolute path if necessary, for this user alone, and checks that files can be created in it,
 * unless its disk is full. `option` is the option that chooses another. Throws OperatorError.
 */
export function requireWritableFolder(folder: string, { name, option }: { name: string; option: string }): void {
  try {
    createFolders(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    createFile(folder);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const fault = code in faults ? `${faults[code]} (${code})` : code;
    const shown = folder.length > shownLength ? `${folder.slice(0, shownLength)}…` : folder;
    const fix = `Make it a folder that this user can write to, or choose another with ${option}.`;
    throw new OperatorError(`The ${name} ${JSON.stringify(shown)} cannot be used: ${fault}. ${fix}`, { cause: error });
  }
}

/** Node's own recursive `mkdir` never returns where the system denies that a folder exists, as in /proc. */
function createFolders(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  if (statSync(dirname(folder), { throwIfNoEntry: false }) === undefined) createFolders(dirname(folder));
  try {
    mkdirSync(folder, { mode: folderMode });
  } catch (error) {
    // Another process has created it meanwhile.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/** The rights of a folder do not show that its disk takes files. */
function createFile(folder: string): void {
  const path = join(folder, `write-${process.pid}`);
  try {
    writeFileSync(path, '');
  } catch (error) {
    if (!isStorageFull(error)) throw error;
  } finally {
    rmSync(path, { force: true });
  }
}

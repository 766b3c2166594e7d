import { existsSync, lstatSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { WriteBytes } from '../backup/byteSink';
import { leftBehind } from '../backup/temporaryFolder';
import { OperatorError } from '../errors';
import { flushFiles } from '../objects/flush';
import { writeFully } from '../objects/writeFully';

export interface BackupFileOptions {
  readonly dataFolder: string;
  /** Replaces an existing file. */
  readonly force: boolean;
}

/**
 * Calls `use` with a function that writes into a file beside `path`, which gets that name when all is durable. After an error
 * or a kill, `path` is as it was. Only its owner can read the file. Throws OperatorError.
 */
export async function writeBackupFile<T>(
  path: string,
  options: BackupFileOptions,
  use: (write: WriteBytes) => Promise<T>,
): Promise<T> {
  const file = resolve(path);
  requireReplaceable(file, options);
  const partial = `${file}.partial-${process.pid}`;
  try {
    removeLeftBehind(file);
    const handle = await open(partial, 'wx', 0o600);
    let result: T;
    try {
      result = await use((bytes) => writeFully(handle, bytes).catch((error) => Promise.reject(inWords(file, error))));
      await handle.sync();
    } finally {
      await handle.close();
    }
    requireReplaceable(file, options);
    renameSync(partial, file);
    await flushFiles([dirname(file)]);
    return result;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error instanceof OperatorError || !isOfFiles(error) ? error : inWords(file, error);
  }
}

/** Throws OperatorError if the file exists without force, or is no place for a backup. */
function requireReplaceable(file: string, { dataFolder, force }: BackupFileOptions): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) {
    throw new OperatorError(`${file} is not a regular file. Choose another, or "-" and redirect the output.`);
  }
  if (stats !== undefined && !force) {
    throw new OperatorError(`The file ${file} exists. Choose another, or replace it with --force.`);
  }
  const folder = dirname(file);
  if (!existsSync(folder)) throw new OperatorError(`The folder ${folder} does not exist. Create it first.`);
  const fromData = relative(realpathSync(dataFolder), realpathSync(folder));
  if (fromData === '' || !/^\.\.(?:[/\\]|$)/.test(fromData)) {
    throw new OperatorError(`A backup in the data folder would be lost with it. Choose a file outside ${dataFolder}.`);
  }
}

/** Removes the files that killed backups of the same name left. */
function removeLeftBehind(file: string): void {
  const folder = dirname(file);
  for (const name of leftBehind(folder, `${basename(file)}.partial`)) rmSync(join(folder, name));
}

function isOfFiles(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function inWords(file: string, error: unknown): OperatorError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const fix = 'Check the space and permissions of its folder, and run the command again.';
  return new OperatorError(`The backup ${file} could not be written (${code}). ${fix}`, { cause: error });
}

/** Writes a backup to stdout. Throws OperatorError if its reader has gone. */
export async function writeToStdout(bytes: Buffer): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  process.stdout.write(bytes, (error) => {
    if (error === null || error === undefined) return done();
    const { code = String(error) } = error as NodeJS.ErrnoException;
    reject(new OperatorError(`The backup could not be written to the output (${code}). It is incomplete.`));
  });
  return promise;
}

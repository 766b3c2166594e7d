import { randomBytes } from 'node:crypto';
import { constants, lstatSync, type Stats } from 'node:fs';
import { chmod, copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { parentOf } from '../contract/paths';
import { pathsError, WireError } from '../errors';
import { fileContent, piecesOf } from '../objects/openContent';
import { writeFully } from '../objects/writeFully';
import { InboxFolders } from '../sessions/inboxFolders';

/** The mode that rsync gives to complete files, and to objects. */
const completeMode = 0o444;
/** A part is written by a later request, too. */
const partMode = 0o600;
const maxNameBytes = 255;
const suffixBytes = 3;
const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW;
const appendTo = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;

export interface InboxTarget {
  readonly inbox: string;
  /** A declared path of the push. */
  readonly path: string;
  /** The declared size in bytes. */
  readonly size: number;
  /** Bytes of the file that have arrived, and stay. */
  readonly offset: number;
  /** A part that is no longer than this, in bytes, does not replace the file; by default 0. */
  readonly basisBytes?: number;
  /** Aborted when the request ends. */
  readonly signal: AbortSignal;
}

/**
 * Receives a file of a push from `offset` on. As with rsync, it has a temporary name until it is complete; what has arrived
 * when the pieces end early, or throw, then has the final name, so that another request goes on with it. The file that had
 * the name before, such as a link to an object, is replaced and never changed.
 * Throws offset_mismatch, content_mismatch for more bytes than declared, and the errors of the system and of `pieces`.
 */
export async function receiveInboxFile(target: InboxTarget, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { inbox, path, size, offset, basisBytes = 0 } = target;
  const file = `${inbox}/${path}`;
  if (!new InboxFolders(inbox).isSymlinkFree(parentOf(file))) {
    throw pathsError('content_mismatch', [path], 'has no folder in the inbox');
  }
  if (offset === size && isWhole(file, size)) {
    for await (const piece of pieces) if (piece.length > 0) throw tooLarge(path);
    return;
  }
  const temporary = temporaryFileOf(file);
  let bytes = offset;
  try {
    const handle = await openPart(file, temporary, target);
    try {
      for await (const piece of pieces) {
        if (bytes + piece.length > size) throw tooLarge(path);
        await writeFully(handle, asBuffer(piece));
        bytes += piece.length;
      }
      await handle.chmod(bytes === size ? completeMode : partMode);
    } finally {
      await handle.close();
    }
  } finally {
    await keep(temporary, file, bytes > basisBytes || bytes === size);
  }
}

function isWhole(file: string, size: number): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size === size && (stats.mode & 0o777) === completeMode;
}

/** Opens the file with its first `offset` bytes under its temporary name. */
async function openPart(file: string, temporary: string, { offset, signal }: InboxTarget): Promise<FileHandle> {
  if (offset === 0) return open(temporary, createNew, partMode);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  const arrived = stats?.isFile() === true ? stats.size : 0;
  if (stats === undefined || arrived < offset) {
    throw new WireError('offset_mismatch', `the server has ${arrived} bytes of the file, and not ${offset}`);
  }
  const isTaken = isOwnPart(stats) && (await tryTake(file, temporary));
  if (!isTaken && !(await tryClone(file, temporary))) await copyStart(file, temporary, offset, signal);
  await chmod(temporary, partMode);
  const handle = await open(temporary, appendTo);
  try {
    await handle.truncate(offset);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file with another name is an object. A complete one may be about to become one: its content is being verified. */
function isOwnPart({ nlink, mode }: Stats): boolean {
  return nlink === 1 && (mode & 0o777) === partMode;
}

/** Gives the part its temporary name. Returns false if it has become an object meanwhile: then it keeps its name. */
async function tryTake(file: string, temporary: string): Promise<boolean> {
  await rename(file, temporary);
  // Nobody else knows this name, so from here on the file gets no other one.
  if (lstatSync(temporary).nlink === 1) return true;
  await rename(temporary, file);
  return false;
}

/** Copies the file where the file system can do so without reading it. */
async function tryClone(file: string, copy: string): Promise<boolean> {
  try {
    await copyFile(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    await rm(copy, { force: true });
    return false;
  }
}

/** Copies the first `bytes` bytes. Leaves no copy if it throws. */
async function copyStart(file: string, copy: string, bytes: number, signal: AbortSignal): Promise<void> {
  const source = await open(file, readOnly);
  try {
    const target = await open(copy, createNew, partMode);
    try {
      for await (const piece of piecesOf(fileContent(source), bytes)) {
        signal.throwIfAborted();
        await writeFully(target, piece);
      }
    } finally {
      await target.close();
    }
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  } finally {
    await source.close();
  }
}

async function keep(temporary: string, file: string, isOfUse: boolean): Promise<void> {
  if (isOfUse) await rename(temporary, file).catch(ignoreMissing);
  else await rm(temporary, { force: true });
}

/** The part could not be opened, or its session was removed. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** A name as rsync gives it, by which `InboxGuard` knows that it belongs to a declared file. */
function temporaryFileOf(file: string): string {
  const suffix = `.${randomBytes(suffixBytes).toString('hex')}`;
  const name = Buffer.from(file.slice(file.lastIndexOf('/') + 1));
  const room = maxNameBytes - 1 - suffix.length;
  // A character that is cut in two must not become another one.
  const base = name.length <= room ? name.toString() : name.toString('utf8', 0, room).replace(/\ufffd+$/, '');
  return `${parentOf(file)}/.${base}${suffix}`;
}

function tooLarge(path: string): WireError {
  return pathsError('content_mismatch', [path], 'is larger than declared');
}

function asBuffer(piece: Uint8Array): Buffer {
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { signatureBytesFor } from '../../../../server/src/contract/differences';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { DeltaResult } from '../deltas/writeDelta';
import { errnoOf } from '../fs/errno';
import { createFolder } from '../fs/folders';
import { readNoFollow } from '../fs/openFlags';
import { encoded, encodedStream, paysOff } from './coding';
import type { HttpTransfer, MovedFile } from './movedFile';
import { pieceBytes, readFully } from './readFully';

/** A smaller file is sent in one piece. */
const maxWholeBytes = 64 << 10;
/** For a smaller file, it is not worth asking what the server has of it. */
const minDeltaBytes = 1 << 20;
/** A delta that is a larger share of its file is not worth its room on the disk. */
const maxDeltaShare = 0.5;

/** A part of a file that is sent. */
interface Sent {
  readonly file: FileHandle;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly isDelta: boolean;
}

/** A file that is sent. No more is sent than the file had when it was scanned. */
export class Upload implements MovedFile {
  readonly #transfer: HttpTransfer;
  readonly #path: string;
  readonly #size: number;
  /** The file of the delta, if there is one. */
  #delta: string | undefined;
  /** The reason why the file could not be read while it was sent. */
  #readFault: unknown;

  constructor(transfer: HttpTransfer, path: string, size: number) {
    this.#transfer = transfer;
    this.#path = path;
    this.#size = size;
  }

  /** Returns false if the file has vanished or cannot be read: the commit names it. */
  async attempt(): Promise<boolean> {
    const path = join(this.#transfer.request.root, this.#path);
    const file = await openForReading(path);
    if (file === undefined) return false;
    try {
      const way = await this.#chooseWay(path);
      if (way.kind === 'delta') await this.#sendDelta();
      else await this.#sendFrom(file, way.kind === 'rest' ? way.offset : 0);
      return true;
    } catch (error) {
      if (this.#readFault === undefined && !isSystemError(error)) throw error;
      return false;
    } finally {
      await file.close();
      if (this.#delta !== undefined) await rm(this.#delta, { force: true });
    }
  }

  /** Finds out which parts of this content the server has, in an older version or from an earlier push. */
  async #chooseWay(path: string): Promise<DeltaResult> {
    const { request, limits } = this.#transfer;
    const { deltas, files } = request;
    if (deltas === undefined || this.#size < minDeltaBytes) return { kind: 'whole' };
    const signature = await files.signature(this.#path, signatureBytesFor(maxBasisBytes(this.#size)), limits);
    if (signature === undefined) return { kind: 'whole' };
    this.#transfer.progress.receivedBytes += signature.length;
    const maxBytes = this.#size * maxDeltaShare;
    try {
      await createFolder(deltas.folder);
      this.#delta = join(deltas.folder, randomUUID());
      return await deltas.writeDelta({ file: path, size: this.#size, delta: this.#delta, maxBytes }, signature);
    } catch (error) {
      // The disk takes no delta, or the file has gone.
      const isWithoutDelta =
        isSystemError(error) || isPalmtreeError(error, 'disk_full') || isPalmtreeError(error, 'packing_failed');
      if (!isWithoutDelta) throw error;
      return { kind: 'whole' };
    }
  }

  async #sendDelta(): Promise<void> {
    const delta = await openForReading(this.#delta ?? '');
    if (delta === undefined) throw new PalmtreeError('packing_failed', 'the delta has disappeared');
    try {
      const { size } = await delta.stat();
      await this.#sendPieces({ file: delta, start: 0, end: size, isDelta: true });
    } finally {
      await delta.close();
    }
  }

  async #sendFrom(file: FileHandle, offset: number): Promise<void> {
    this.#transfer.progress.at(this.#path, offset);
    // A request is sent even if no byte is left: the server's file may go on after this one's end.
    if (this.#size - offset <= maxWholeBytes) await this.#sendWhole(file, offset);
    else await this.#sendPieces({ file, start: offset, end: this.#size, isDelta: false });
  }

  async #sendWhole(file: FileHandle, offset: number): Promise<void> {
    const bytes = await readFully(file, offset, this.#size - offset);
    const encoding = paysOffWith(this.#transfer.encoding, bytes);
    const body = encoding === undefined ? bytes : encoded(bytes);
    await this.#transfer.request.files.put(this.#path, { offset, body, encoding }, this.#transfer.limits);
    this.#sent(body.length);
  }

  async #sendPieces(sent: Sent): Promise<void> {
    const { file, start, isDelta } = sent;
    const encoding = paysOffWith(this.#transfer.encoding, await readFully(file, start, pieceBytes));
    const pieces = this.#pieces(sent);
    const encodedPieces = encoding === undefined ? pieces : encodedStream(pieces);
    const body = encodedPieces.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (piece, controller) => {
          this.#sent(piece.length);
          controller.enqueue(piece);
        },
      }),
    );
    const { request, limits } = this.#transfer;
    await request.files.put(this.#path, { offset: isDelta ? 0 : start, body, encoding, isDelta }, limits);
  }

  #pieces({ file, start, end, isDelta }: Sent): ReadableStream<Uint8Array> {
    let position = start;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await this.#read(file, position, end);
          position += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          this.#transfer.progress.at(this.#path, isDelta ? Math.floor((position / end) * this.#size) : position);
          // A file that has become shorter ends here. The commit names it.
          if (piece.length === 0 || position === end) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #read(file: FileHandle, position: number, end: number): Promise<Buffer> {
    try {
      return await readFully(file, position, Math.min(pieceBytes, end - position));
    } catch (error) {
      this.#readFault = error;
      throw error;
    }
  }

  #sent(bytes: number): void {
    this.#transfer.progress.sentBytes += bytes;
    this.#transfer.outage.progressed(bytes);
  }
}

function paysOffWith(encoding: string | undefined, bytes: Uint8Array): string | undefined {
  return encoding !== undefined && paysOff(bytes) ? encoding : undefined;
}

/** Undefined if there is no such file, or it cannot be read. */
async function openForReading(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, readNoFollow);
  } catch (error) {
    if (errnoOf(error) === undefined || errnoOf(error) === 'EMFILE') throw error;
    return undefined;
  }
}

function isSystemError(error: unknown): boolean {
  return !(error instanceof PalmtreeError) && errnoOf(error) !== undefined;
}

/** The longest older version, in bytes, whose signature is worth its memory: half a megabyte for each gigabyte. */
function maxBasisBytes(size: number): number {
  return Math.max(16 * size, 64 * 2 ** 30);
}

import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { signatureBytesFor } from '../../../../server/src/contract/differences';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Gap } from '../deltas/fillFromBasis';
import { fileBytesOf } from '../deltas/signature';
import { isFull } from '../fs/errno';
import { sizeAt } from '../fs/files';
import { createFolder } from '../fs/folders';
import { decodedPieces } from './coding';
import type { HttpTransfer, MovedFile } from './movedFile';

/** Until a file is in the workspace folder, its owner may read and write it. */
const ownerMode = 0o600;
/** For a smaller file, it is not worth asking which parts of it are here. */
const minDeltaBytes = 1 << 20;
const minBasisBytes = 64 << 10;

/** A file that is received into the staging folder. No more is written there than the server declared. */
export class Download implements MovedFile {
  readonly #transfer: HttpTransfer;
  readonly #path: string;
  readonly #size: number;
  readonly #target: string;
  /** The parts that have not been received in this session. */
  #gaps: Gap[] | undefined;

  constructor(transfer: HttpTransfer, path: string, size: number) {
    this.#transfer = transfer;
    this.#path = path;
    this.#size = size;
    this.#target = join(transfer.request.staging ?? '', path);
  }

  /** Returns false if the server has no such file: it is found missing when the files are verified. */
  async attempt(): Promise<boolean> {
    try {
      await createFolder(dirname(this.#target));
      this.#gaps ??= await this.#missingParts();
      await this.#receive(this.#gaps);
      return true;
    } catch (error) {
      if (isFull(error)) {
        const details = { reason: String(error) };
        throw new PalmtreeError('disk_full', `no space for ${this.#path}`, { cause: error, details });
      }
      if (isPalmtreeError(error, 'not_found')) return false;
      throw error;
    }
  }

  /** Fills the target from what an interrupted pull has received, and from the file in the workspace folder. */
  async #missingParts(): Promise<Gap[]> {
    const filled = this.#size >= minDeltaBytes && (await this.#hasBasis()) ? await this.#filled() : undefined;
    if (filled !== undefined) return filled;
    await rm(this.#target, { force: true, recursive: true });
    await (await open(this.#target, 'wx', ownerMode)).close();
    return this.#size === 0 ? [] : [{ start: 0, end: this.#size }];
  }

  async #hasBasis(): Promise<boolean> {
    const local = (await sizeAt(join(this.#transfer.request.root, this.#path))) ?? 0;
    return Math.max(local, (await sizeAt(this.#target)) ?? 0) >= minBasisBytes;
  }

  /** Undefined if the differences cannot be found. */
  async #filled(): Promise<Gap[] | undefined> {
    const { request, limits, progress } = this.#transfer;
    const { deltas, files, root } = request;
    if (deltas === undefined) return undefined;
    const signature = await files.signature(this.#path, signatureBytesFor(this.#size), limits);
    if (signature === undefined || fileBytesOf(signature) !== this.#size) return undefined;
    progress.receivedBytes += signature.length;
    const part = join(dirname(this.#target), `.palmtree-part-${randomUUID().slice(0, 8)}`);
    try {
      await rename(this.#target, part).catch(() => rm(this.#target, { force: true, recursive: true }));
      const bases = [part, join(root, this.#path)];
      return [...(await deltas.fillFromBasis({ bases, target: this.#target }, signature))];
    } catch (error) {
      if (!isPalmtreeError(error, 'packing_failed')) throw error;
      return undefined;
    } finally {
      await rm(part, { force: true });
    }
  }

  async #receive(gaps: Gap[]): Promise<void> {
    const file = await open(this.#target, 'r+');
    try {
      for (let gap = gaps[0]; gap !== undefined; gap = gaps[0]) {
        await this.#receiveGap(file, gap, (end) => (gaps[0] = { start: end, end: gap?.end ?? end }));
        gaps.shift();
      }
    } finally {
      await file.close();
    }
  }

  /** Calls `onWritten` with the end of what has been written, so that another attempt goes on there. */
  async #receiveGap(file: FileHandle, { start, end }: Gap, onWritten: (end: number) => void): Promise<void> {
    const { request, encoding, limits } = this.#transfer;
    const wanted = { offset: start, maxBytes: end - start, encoding };
    const response = await request.files.get(this.#path, wanted, limits);
    const pieces = this.#counted(response.pieces);
    let position = response.isRange ? start : 0;
    for await (const piece of response.encoding === undefined ? pieces : decodedPieces(pieces)) {
      if (position + piece.length > end) throw this.#tooMuch();
      await writeAt(file, piece, position);
      position += piece.length;
      onWritten(position);
      this.#transfer.progress.at(this.#path, position);
    }
  }

  async *#counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
    for await (const piece of pieces) {
      this.#transfer.progress.receivedBytes += piece.length;
      this.#transfer.outage.progressed(piece.length);
      yield piece;
    }
  }

  #tooMuch(): PalmtreeError {
    const details = {
      subject: new URL(this.#transfer.request.endpoint.url).host,
      paths: [this.#path],
      limit: this.#size,
    };
    return new PalmtreeError('too_much_data', `the server sent more than ${this.#size} bytes for ${this.#path}`, {
      details,
    });
  }
}

async function writeAt(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < piece.length;) {
    written += (await file.write(piece, written, piece.length - written, position + written)).bytesWritten;
  }
}

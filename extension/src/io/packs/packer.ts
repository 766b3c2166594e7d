import { Worker } from 'node:worker_threads';
import { PalmtreeError } from '../../errors';
import type { FillRequest, Gap } from '../deltas/fillFromBasis';
import type { DeltaRequest, DeltaResult } from '../deltas/writeDelta';
import { errorOf } from '../threads/threadFailure';
import { threadLimits } from '../threads/threadLimits';
import type { PackedFile, PackJob, PackReply, PackResult, UnpackedFile } from './packMessages';

interface Waiting {
  readonly resolve: (result: PackResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that writes and reads packs, and finds the differences of files, one job after the other. */
export class Packer {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];

  /** `script` is the bundled pack worker. */
  constructor(script: string) {
    this.#worker = new Worker(script, { name: 'palmtree packs', resourceLimits: threadLimits });
    this.#worker.on('message', (reply: PackReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')));
  }

  /** See `writePack`. Throws disk_full. */
  async pack(pack: string, files: readonly PackedFile[]): Promise<void> {
    await this.#run({ kind: 'pack', pack, files });
  }

  /** See `readPack`. Throws disk_full. */
  unpack(pack: string, files: readonly UnpackedFile[]): Promise<readonly number[]> {
    return this.#run({ kind: 'unpack', pack, files }) as Promise<readonly number[]>;
  }

  /** See `writeDelta`. Throws disk_full, and not_a_palmtree_server for bytes that are no signature. */
  writeDelta(request: DeltaRequest, signature: Uint8Array): Promise<DeltaResult> {
    return this.#run({ kind: 'delta', request, signature }) as Promise<DeltaResult>;
  }

  /** See `fillFromBasis`. Throws the same. */
  fillFromBasis(request: FillRequest, signature: Uint8Array): Promise<readonly Gap[]> {
    return this.#run({ kind: 'fill', request, signature }) as Promise<readonly Gap[]>;
  }

  /** Ends the thread. Jobs that have not ended fail. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #run(job: PackJob): Promise<PackResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(job);
    });
  }

  #receive(reply: PackReply): void {
    const waiting = this.#waiting.shift();
    if (reply.kind === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(errorOf(reply));
  }

  #fail(cause: Error): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new PalmtreeError('packing_failed', cause.message, { cause, details: { reason: cause.message } }));
    }
  }
}

import type { TransferProgress } from '../transfer/transferProgress';
import type { TransferRequest } from '../transfer/transferRequest';
import { doneLine, progressLine } from './outputLines';
import type { Outage } from './outage';

/** The shortest time between two reports, in milliseconds. */
const reportMs = 100;

/** The progress of a transfer over HTTP, in numbers and in lines like rsync's. */
export class HttpProgress {
  sentBytes = 0;
  receivedBytes = 0;
  readonly #request: Pick<TransferRequest, 'screen' | 'onProgress' | 'sizes'>;
  readonly #outage: Outage;
  readonly #totalBytes: number;
  readonly #started = performance.now();
  /** The bytes of the files that have not ended, by path. */
  readonly #open = new Map<string, number>();
  #files = 0;
  #doneBytes = 0;
  #most = 0;
  #names: string[] = [];
  #lastReport = 0;

  constructor(request: Pick<TransferRequest, 'screen' | 'onProgress' | 'sizes'>, outage: Outage) {
    this.#request = request;
    this.#outage = outage;
    this.#totalBytes = [...request.sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** `bytes` of the file are at their target. */
  at(path: string, bytes: number): void {
    this.#open.set(path, bytes);
    this.report();
  }

  ended(path: string, size: number): void {
    this.#open.delete(path);
    this.#files++;
    this.#doneBytes += size;
    this.#names.push(path);
    // `done` reports the last one.
    if (this.#files < this.#request.sizes.size) this.report();
  }

  /**
   * Reports the state, unless it has just done so, or all bytes were read and have not arrived: `done` reports that they have.
   * Files without content may follow.
   */
  report(always = false): void {
    const now = performance.now();
    if (!always && now - this.#lastReport < reportMs) return;
    const progress = this.#value();
    const isRead = progress.bytes === this.#totalBytes;
    if (!always && isRead && (this.#doneBytes < this.#totalBytes || progress.files === progress.totalFiles)) return;
    this.#lastReport = now;
    const names = this.#names.map((name) => `${name}\n`).join('');
    this.#names = [];
    this.#request.screen.write(names + progressLine(progress, now - this.#started));
    this.#request.onProgress(progress);
  }

  /** Writes the last line. */
  done(): void {
    this.report(true);
    const { sentBytes, receivedBytes } = this;
    const ms = performance.now() - this.#started;
    this.#request.screen.write(doneLine({ sentBytes, receivedBytes, totalBytes: this.#totalBytes, ms }));
  }

  #value(): TransferProgress {
    let bytes = this.#doneBytes;
    for (const open of this.#open.values()) bytes += open;
    // A file that is sent anew counts from the start.
    this.#most = Math.max(this.#most, bytes);
    return {
      files: this.#files,
      totalFiles: this.#request.sizes.size,
      bytes: this.#most,
      totalBytes: this.#totalBytes,
      wireBytes: this.sentBytes + this.receivedBytes,
      isReconnecting: this.#outage.state === 'lost',
      isQueued: this.#outage.state === 'queued',
    };
  }
}

export interface TransferProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** Bytes that went through the connection: less than `bytes` where rsync's delta saves. */
  readonly wireBytes: number;
}

/** Follows the `--info=progress2` lines in rsync's output. */
export class RsyncProgress {
  #files = 0;
  #percent = 0;
  #rest = '';
  readonly #totalFiles: number;
  readonly #totalBytes: number;

  constructor(totalFiles: number, totalBytes: number) {
    this.#totalFiles = totalFiles;
    this.#totalBytes = totalBytes;
  }

  get value(): Omit<TransferProgress, 'wireBytes'> {
    return {
      files: this.#files,
      totalFiles: this.#totalFiles,
      bytes: Math.round((this.#totalBytes * this.#percent) / 100),
      totalBytes: this.#totalBytes,
    };
  }

  /** Takes the next piece of output; true when the progress has moved. */
  read(text: string): boolean {
    const lines = (this.#rest + text).split(/[\r\n]/);
    this.#rest = lines.pop() ?? '';
    let moved = false;
    for (const line of lines) {
      const percent = /^\s+\S+\s+(\d{1,3})%\s/.exec(line);
      if (percent === null) continue;
      this.#percent = Math.max(this.#percent, Number(percent[1]));
      const files = /\(xfr#(\d+),/.exec(line);
      if (files !== null) this.#files = Number(files[1]);
      moved = true;
    }
    return moved;
  }
}

export interface TransferProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** Bytes that went through the connection: less than `bytes` where rsync's delta saves. */
  readonly wireBytes: number;
}

const progressLine = /^\s+\S+\s+(\d{1,3})%\s/;

/** A screen that shows all lines but those of the progress. */
export function withoutProgress(screen: { write(text: string): void }): { write(text: string): void } {
  let rest = '';
  return {
    write: (text) => {
      const lines = (rest + text).split(/[\r\n]/);
      rest = lines.pop() ?? '';
      const shown = lines.filter((line) => line !== '' && !progressLine.test(line));
      if (shown.length > 0) screen.write(`${shown.join('\n')}\n`);
    },
  };
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
      const percent = progressLine.exec(line);
      if (percent === null) continue;
      this.#percent = Math.max(this.#percent, Number(percent[1]));
      const files = /\(xfr#(\d+),/.exec(line);
      if (files !== null) this.#files = Number(files[1]);
      moved = true;
    }
    return moved;
  }
}

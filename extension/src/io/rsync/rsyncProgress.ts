import type { TransferProgress } from '../transfer/transferProgress';

const progressLine = /^\s+\S+\s+(\d{1,3})%\s/;

/** Wraps `screen` so that it shows all lines of rsync's output except progress lines. */
export function withoutProgress(screen: { write(text: string): void }): { write(text: string): void } {
  let unfinishedLine = '';
  return {
    write: (text) => {
      const lines = (unfinishedLine + text).split(/[\r\n]/);
      unfinishedLine = lines.pop() ?? '';
      const shown = lines.filter((line) => line !== '' && !progressLine.test(line));
      if (shown.length > 0) screen.write(`${shown.join('\n')}\n`);
    },
  };
}

/** Parses the `--info=progress2` lines in rsync's output. */
export class RsyncProgress {
  #files = 0;
  #percent = 0;
  #unfinishedLine = '';
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

  /** Parses the next chunk of output. Returns whether it contained a progress line. */
  read(text: string): boolean {
    const lines = (this.#unfinishedLine + text).split(/[\r\n]/);
    this.#unfinishedLine = lines.pop() ?? '';
    let hasProgress = false;
    for (const line of lines) {
      const percent = progressLine.exec(line);
      if (percent === null) continue;
      this.#percent = Math.max(this.#percent, Number(percent[1]));
      const files = /\(xfr#(\d+),/.exec(line);
      if (files !== null) this.#files = Number(files[1]);
      hasProgress = true;
    }
    return hasProgress;
  }
}

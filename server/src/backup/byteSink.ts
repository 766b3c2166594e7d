/** Writes bytes, and waits until there is room for more. */
export type WriteBytes = (bytes: Buffer) => Promise<void>;

const bufferBytes = 1 << 20;

/** Joins small pieces, because each write is a system call. */
export class ByteSink {
  readonly #write: WriteBytes;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= bufferBytes) await this.flush();
  }

  /** Writes what is left. */
  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.#write(bytes);
  }
}

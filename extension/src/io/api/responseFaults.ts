// ofetch never repeats a request that failed with an error of the name AbortError.

/** The server sent nothing for too long. */
export class SilenceError extends Error {
  override readonly name = 'AbortError';
  readonly ms: number;

  constructor(ms: number) {
    super(`no response for ${ms / 1000} s`);
    this.ms = ms;
  }
}

/** The response has more bytes than its kind may have, or in these more values. */
export class SizeError extends Error {
  override readonly name = 'AbortError';
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number, reason = `more than ${limit} bytes`) {
    super(`the response has ${reason}`);
    this.limit = limit;
  }
}

/** The response comes so slowly that it would never end. */
export class SlownessError extends Error {
  override readonly name = 'AbortError';
  readonly bytes: number;
  readonly ms: number;

  constructor(bytes: number, ms: number) {
    super(`the response brought ${bytes} bytes in ${ms / 1000} s`);
    this.bytes = bytes;
    this.ms = ms;
  }
}

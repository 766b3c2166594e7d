const quote = 0x22;
const comma = 0x2c;
const bracket = 0x5b;
const backslash = 0x5c;
const brace = 0x7b;

/**
 * Counts the values in a JSON text that comes in pieces, without a parser: each value but the outermost follows a `[`, a `{` or
 * a `,` that begins it or its name. An empty list counts as if it had a value. Text in strings does not count, so that a tree
 * may have names full of commas.
 */
export class JsonValues {
  #count = 0;
  #isInString = false;
  #isEscaped = false;

  /** Returns the number of values so far. In a text that is not JSON, it is right up to the first fault. */
  add(piece: Uint8Array): number {
    let count = this.#count;
    let isInString = this.#isInString;
    let isEscaped = this.#isEscaped;
    // By index: an iterator takes several times as long, and a list may have 256 MB.
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index];
      if (isEscaped) isEscaped = false;
      else if (byte === quote) isInString = !isInString;
      else if (isInString) isEscaped = byte === backslash;
      else if (byte === comma || byte === bracket || byte === brace) count++;
    }
    this.#count = count;
    this.#isInString = isInString;
    this.#isEscaped = isEscaped;
    return count;
  }
}

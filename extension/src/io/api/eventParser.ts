import { SizeError } from './responseFaults';

/** One event of a `text/event-stream`. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** The largest event, in characters. The largest of palmtree-server has a message of 2,000. */
const maxEventChars = 64 << 10;

/**
 * Parses a `text/event-stream` incrementally (WHATWG HTML, "Server-sent events"). It returns no event for a comment, such
 * as a heartbeat of the server, nor for an event that the end of the stream cuts off. Throws SizeError for an event of more
 * than 64 KB.
 */
export class EventParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #event = '';
  #data: string[] = [];
  #eventChars = 0;

  push(bytes: Uint8Array): ServerEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const events: ServerEvent[] = [];
    for (;;) {
      // A carriage return at the very end may be the first half of a line break.
      const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
      if (end === null) break;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      const event = this.#readLine(line);
      if (event !== undefined) events.push(event);
    }
    if (this.#rest.length + this.#eventChars > maxEventChars) throw new SizeError(maxEventChars);
    return events;
  }

  #readLine(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    if (field !== '') this.#eventChars += line.length + 1;
    if (this.#eventChars > maxEventChars) throw new SizeError(maxEventChars);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    this.#eventChars = 0;
    return isEmpty ? undefined : event;
  }
}

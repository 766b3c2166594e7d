import type { TestServer } from './testServer';

export interface ReceivedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** Reads an event stream as a client does. */
export class EventReader {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #blocks: AsyncGenerator<string>;

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.#blocks = blocksOf(response);
  }

  /** The next event; undefined for a heartbeat, null at the end. */
  async nextBlock(): Promise<ReceivedEvent | undefined | null> {
    const { value, done } = await this.#blocks.next();
    if (done === true) return null;
    if (value.startsWith(':')) return undefined;
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(value)?.[1] ?? '';
    return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) };
  }

  /** The next event; null at the end. */
  async next(): Promise<ReceivedEvent | null> {
    for (;;) {
      const block = await this.nextBlock();
      if (block !== undefined) return block;
    }
  }

  disconnect(): void {
    this.#abort.abort();
  }
}

export async function openEvents(
  server: TestServer,
  tree: string,
  { token = server.token, lastEventId, query = '' }: { token?: string; lastEventId?: string; query?: string } = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
  const url = `${await server.url()}/v1/trees/${tree}/events${query}`;
  return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort);
}

async function* blocksOf({ body }: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
}

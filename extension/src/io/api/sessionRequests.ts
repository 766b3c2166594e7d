import { createFetch, type FetchResponse } from 'ofetch';
import { heartbeatsHeader } from '../../../../server/src/contract/protocol';
import { fileEncodingHeader, uploadOffsetHeader } from '../../../../server/src/contract/transfers';
import { isPalmtreeError } from '../../errors';
import type { FileDownload, FileUpload, RequestLimits, SessionFiles } from '../transfer/transferRequest';
import { maxJsonBytes } from './bodyGuard';
import type { Fetch } from './redirect';
import { requestError, throwIfError } from './requestError';
import { SilenceDeadline } from './silenceDeadline';

/** A request may wait for its turn on the server. */
const defaultSilenceMs = 30_000;
/** The bytes that a body may have beyond those of its file: compressed, random bytes become a little more. */
const encodingShare = 0.01;
const encodingBytes = 64 << 10;

export interface SessionAddress {
  /** The server's address. */
  readonly address: string;
  /** The URL below which requests are made. */
  readonly base: string;
  /** Sends the requests; by default `fetch`. */
  readonly send?: Fetch | undefined;
  /** Resolves when `send` can reach the server. Throws PalmtreeError. */
  readonly ready?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** The path of the session's resource. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encodings: readonly string[] | undefined;
  /** The time, in milliseconds, in which a body has to bring 4 KB. */
  readonly windowMs?: number | undefined;
}

interface Sent {
  readonly method: string;
  readonly query: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  readonly maxBytes?: number;
  readonly limits: RequestLimits;
}

/** The requests that move a session's files. Errors are those of `Client`, which has compared the protocols. */
export class SessionRequests implements SessionFiles {
  readonly #session: SessionAddress;

  constructor(session: SessionAddress) {
    this.#session = session;
  }

  get encodings(): readonly string[] | undefined {
    return this.#session.encodings;
  }

  async put(path: string, { offset, body, encoding, isDelta }: FileUpload, limits: RequestLimits): Promise<void> {
    const headers = {
      'content-type': 'application/octet-stream',
      [heartbeatsHeader]: '1',
      ...(offset === 0 ? {} : { [uploadOffsetHeader]: String(offset) }),
      ...(encoding === undefined ? {} : { [fileEncodingHeader]: encoding }),
    };
    const query = `${isDelta === true ? 'delta' : 'files'}?path=${encodeURIComponent(path)}`;
    const { _data } = await this.#send({ method: 'PUT', query, headers, body, limits });
    await this.#requireDone(_data, `PUT ${query}`, limits.signal);
  }

  /** Reads the heartbeats of a server that works long, and throws the error that may follow them. */
  async #requireDone(
    body: ReadableStream<Uint8Array> | undefined,
    request: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { address } = this.#session;
    const text = (await this.#bytes(body, request, signal)).toString().trim();
    if (text !== '') throwIfError(parsedJson(text), { request, address });
  }

  async get(
    path: string,
    { offset, maxBytes, encoding }: { offset: number; maxBytes: number; encoding: string | undefined },
    limits: RequestLimits,
  ): Promise<FileDownload> {
    const query = `files?path=${encodeURIComponent(path)}`;
    const headers = {
      range: `bytes=${offset}-${offset + maxBytes - 1}`,
      ...(encoding === undefined ? {} : { [fileEncodingHeader]: encoding }),
    };
    const limit = Math.ceil(maxBytes * (1 + encodingShare)) + encodingBytes;
    const response = await this.#send({ method: 'GET', query, headers, maxBytes: limit, limits });
    return {
      pieces: this.#pieces(response._data, `GET ${query}`, limits.signal),
      encoding: response.headers.get(fileEncodingHeader) ?? undefined,
      isRange: response.status === 206,
    };
  }

  async signature(path: string, maxBytes: number, limits: RequestLimits): Promise<Uint8Array | undefined> {
    const query = `signature?path=${encodeURIComponent(path)}`;
    try {
      const { _data } = await this.#send({ method: 'GET', query, maxBytes, limits });
      return await this.#bytes(_data, `GET ${query}`, limits.signal);
    } catch (error) {
      if (isPalmtreeError(error, 'not_found')) return undefined;
      throw error;
    }
  }

  async #send({
    method,
    query,
    headers,
    body,
    maxBytes = maxJsonBytes,
    limits,
  }: Sent): Promise<FetchResponse<ReadableStream<Uint8Array>>> {
    const { address, base, path, windowMs, send: fetch, ready } = this.#session;
    const { signal, silenceMs = defaultSilenceMs } = limits;
    await ready?.(signal);
    const deadline = new SilenceDeadline({ silenceMs, sentMs: limits.silenceMs, windowMs, maxBytes, send: fetch });
    try {
      const send = createFetch({ fetch: deadline.fetch });
      const sent = body === undefined || body instanceof Uint8Array ? body : deadline.watchSent(body);
      return await send.raw<unknown, 'stream'>(`${base}${path}/${query}`, {
        method,
        headers: { ...this.#session.headers, ...headers },
        ...(sent === undefined ? {} : { body: sent }),
        signal,
        retry: false,
        responseType: 'stream',
      });
    } catch (error) {
      throw await requestError(error, { request: `${method} ${query}`, address, signal });
    } finally {
      // The body of the response has a deadline of its own for each of its pieces.
      deadline.stop();
    }
  }

  async #bytes(body: ReadableStream<Uint8Array> | undefined, request: string, signal: AbortSignal): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#pieces(body, request, signal)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *#pieces(
    body: ReadableStream<Uint8Array> | undefined,
    request: string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, undefined> {
    try {
      for await (const piece of body ?? []) yield piece;
    } catch (error) {
      throw await requestError(error, { request, address: this.#session.address, signal });
    }
  }
}

/** Undefined for text that is not JSON, which is no error: the commit tells whether the file has arrived. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { Duplex } from 'node:stream';
import { createFetch, type FetchOptions } from 'ofetch';
import type * as z from 'zod';
import {
  comparison,
  pathHistory,
  revisionDetail,
  revisionList,
  type Comparison,
  type PathHistory,
  type RevisionDetail,
  type RevisionList,
  type RevisionSummary,
} from '../../../../server/src/contract/history';
import { maxHeadBytes, maxItems } from '../../../../server/src/contract/limits';
import { ndjsonType, ndjsonValues } from '../../../../server/src/contract/ndjson';
import {
  heartbeatsHeader,
  oldestServerProtocol,
  protocol,
  protocolHeader,
} from '../../../../server/src/contract/protocol';
import {
  commitResult,
  fileTable,
  pullSession,
  pushSession,
  sessionStatus,
  tableHead,
  treeList,
  whoami,
  type BeginPull,
  type BeginPush,
  type Change,
  type CommitResult,
  type PullSession,
  type PushSession,
  type TreeList,
  type Whoami,
} from '../../../../server/src/contract/schemas';
import type { RemoteFile } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { yielder } from '../threads/yielding';
import { maxJsonBytes, maxListBytes, withLineLimit } from './bodyGuard';
import { ndjsonBody, type Items } from './ndjsonBody';
import type { Fetch } from './redirect';
import { compactFiles, type RemoteFiles } from './remoteFiles';
import { requestError, throwIfError } from './requestError';
import type { ServerConnection } from './serverConnection';
import { SessionRequests } from './sessionRequests';
import { SilenceDeadline } from './silenceDeadline';
import { streamFetch } from './streamFetch';

/** For requests that only tidy up: nothing waits for a server that is gone. */
const endTimeoutMs = 2_000;
/** A poll is repeated, so it need not wait long. */
const pollSilenceMs = 8_000;

/** The longest line of a table, in bytes. Path and target have 4,096 characters at most, and JSON may escape each. */
const maxLineBytes = 64 << 10;
/** The largest content whose size the caller does not know, in bytes. It is kept in memory. */
const maxShownBytes = 64 << 20;

/** The WebSocket of a session's rsync. */
interface RsyncEndpoint {
  readonly url: string;
  /** For the upgrade request. */
  readonly headers: Record<string, string>;
  /** Opens the stream for the request, if it is not for a port of the server. */
  readonly openSocket?: () => Duplex;
  /** Resolves when `openSocket` can reach the server. */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
}

/** A push whose changes may be generated while they are sent. */
export type SentPush = Omit<BeginPush, 'changes'> & { readonly changes: Items<Change> };

interface RequestOptions {
  /** The body: a list, which is sent as NDJSON. */
  readonly list?: { readonly head: object; readonly items: Items<unknown> };
  readonly signal?: AbortSignal | undefined;
  /** Shortens the time that the server may be silent, in milliseconds. */
  readonly silenceMs?: number;
  /** Only for idempotent requests. ofetch's own defaults retry some that are not, and miss some that are. */
  readonly retries?: number;
  /** The format of the response; JSON by default. */
  readonly response?: 'bytes' | 'ndjson';
  /** The largest response, in bytes after decompression; by default 2 MB, and as much as the body of the request has. */
  readonly maxBytes?: number;
}

export interface ClientOptions {
  /** The time, in milliseconds, that the server may be silent. */
  readonly silenceMs?: number | undefined;
  /** The time, in milliseconds, in which a body has to bring 4 KB after its first byte. */
  readonly windowMs?: number | undefined;
  /** The way to a server that is not reached over a port of its own; its token is not sent then. */
  readonly connection?: ServerConnection | undefined;
}

export interface ContentRequest {
  readonly path: string;
  readonly revision: number;
  /** The size of the content in bytes, if it is known. */
  readonly size?: number | undefined;
}

/**
 * The server's API for one token. Each request throws PalmtreeError with the server's code or a local one: no_response if
 * the server sends nothing for 15 s. A server that works longer sends heartbeats, for 30 minutes at most. Throws too_slow if
 * a body brings less than 4 KB in a minute, and too_much_data if it is larger than its kind may be. A request first compares the protocols, unless an earlier one has done so, and throws server_too_old or client_too_old.
 */
export class Client {
  /** The server's address without a slash at its end. */
  readonly address: string;
  readonly #token: string;
  readonly #options: ClientOptions;
  /** The URL below which requests are made. */
  readonly #base: string;
  readonly #sendRequest: Fetch | undefined;
  #isProtocolChecked = false;

  /** `url` is the server's address. It has a path if a proxy serves the server below one. */
  constructor(url: string, token: string, options: ClientOptions = {}) {
    this.address = url.replace(/\/+$/, '');
    this.#token = token;
    this.#options = options;
    const { connection } = options;
    this.#base = connection?.url ?? this.address;
    this.#sendRequest = connection && streamFetch(() => connection.openSocket());
  }

  /** Throws server_too_old. */
  async whoami(signal?: AbortSignal): Promise<Whoami> {
    const path = '/v1/whoami';
    const response = this.#parsed(whoami, await this.#fetch('GET', path, { signal, retries: 1 }), `GET ${path}`);
    if (response.protocol < oldestServerProtocol) {
      const message = `the server speaks protocol ${response.protocol}; the oldest in use is ${oldestServerProtocol}`;
      throw new PalmtreeError('server_too_old', message, { details: { subject: this.address } });
    }
    this.#isProtocolChecked = true;
    return response;
  }

  trees(signal?: AbortSignal): Promise<TreeList> {
    return this.#request('GET', '/v1/trees', treeList, { signal, retries: 1 });
  }

  async makeTree(tree: string, signal?: AbortSignal): Promise<void> {
    await this.#send('PUT', `/v1/trees/${encodeURIComponent(tree)}`, { signal, retries: 1 });
  }

  /**
   * Throws revision_not_found when the server's revision `since` has another id than `sinceId`, and too_much_data for more than a
   * million files, the largest table that is read.
   */
  async files(tree: string, since: number, sinceId?: string, signal?: AbortSignal): Promise<RemoteFiles> {
    const query = sinceId === undefined ? `since=${since}` : `since=${since}&sinceId=${encodeURIComponent(sinceId)}`;
    const path = `${treePath(tree)}/files?${query}`;
    const options = { signal, retries: 2, response: 'ndjson', maxBytes: maxListBytes } as const;
    const body = (await this.#send('GET', path, options)) as ReadableStream<Uint8Array>;
    const request = `GET ${path}`;
    let head: z.infer<typeof tableHead> | undefined;
    const files: RemoteFile[] = [];
    const pause = yielder();
    try {
      for await (const values of ndjsonValues(withLineLimit(body, { maxHeadBytes, maxLineBytes }))) {
        if (head === undefined) throwIfError(values[0], { request, address: this.address });
        head ??= this.#parsed(tableHead, values.shift(), request);
        if (head.count > maxItems) throw this.#tooManyFiles(request, head.count);
        for (const file of compactFiles(this.#parsed(fileTable.shape.files, values, request))) files.push(file);
        if (files.length > head.count) throw this.#unexpectedResponse(`${request}: more than ${head.count} entries`);
        await pause();
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#unexpectedResponse(`${request}: a line is not JSON`, error);
      throw error instanceof PalmtreeError ? error : await this.#requestError(error, request, signal);
    }
    const { count, ...rest } = this.#parsed(tableHead, head, request);
    if (files.length === count) return { ...rest, files };
    throw this.#unexpectedResponse(`${request}: received ${files.length} entries instead of ${count}`);
  }

  beginPush(tree: string, { changes, ...head }: SentPush, signal?: AbortSignal): Promise<PushSession> {
    const options = { list: { head, items: changes }, signal };
    return this.#request('POST', `${treePath(tree)}/pushes`, pushSession, options);
  }

  /** The last error of a session's rsync on the server; empty if it logged none. Throws storage_full. */
  async rsyncError(tree: string, id: string, signal?: AbortSignal): Promise<string> {
    const path = `${treePath(tree)}/sessions/${id}`;
    return (await this.#request('GET', path, sessionStatus, { signal, retries: 1 })).rsyncError;
  }

  /** Idempotent: the server returns the same result for the same id. */
  commitPush(tree: string, id: string, signal?: AbortSignal): Promise<CommitResult> {
    const options = { signal, retries: 3 };
    return this.#request('POST', `${treePath(tree)}/pushes/${id}/commit`, commitResult, options);
  }

  /** The result of a push that was committed; undefined for any other, and if the server is too old to know. */
  async committedPush(tree: string, id: string, signal?: AbortSignal): Promise<CommitResult | undefined> {
    try {
      return await this.#request('GET', `${treePath(tree)}/pushes/${id}`, commitResult, { signal, retries: 1 });
    } catch (error) {
      if (isPalmtreeError(error, 'not_found')) return undefined;
      throw error;
    }
  }

  async endPush(tree: string, id: string): Promise<void> {
    await this.#send('DELETE', `${treePath(tree)}/pushes/${id}`, { signal: AbortSignal.timeout(endTimeoutMs) });
  }

  beginPull(tree: string, { paths, ...head }: BeginPull, signal?: AbortSignal): Promise<PullSession> {
    const options = { list: { head, items: paths }, signal, retries: 1 };
    return this.#request('POST', `${treePath(tree)}/pulls`, pullSession, options);
  }

  async endPull(tree: string, id: string): Promise<void> {
    await this.#send('DELETE', `${treePath(tree)}/pulls/${id}`, { signal: AbortSignal.timeout(endTimeoutMs) });
  }

  /**
   * The content of `path` in `revision`; for a symlink its target. Throws not_found, content_unavailable, and
   * content_too_large for more than 64 MB of a content whose size was not given.
   */
  async content(tree: string, { path, revision, size }: ContentRequest, signal?: AbortSignal): Promise<Uint8Array> {
    const query = `path=${encodeURIComponent(path)}&revision=${revision}`;
    const options = { signal, retries: 1, response: 'bytes', maxBytes: size ?? maxShownBytes } as const;
    try {
      const body = await this.#send('GET', `${treePath(tree)}/content?${query}`, options);
      // The response for an empty file has no body.
      return body instanceof ArrayBuffer ? new Uint8Array(body) : new Uint8Array();
    } catch (error) {
      if (size !== undefined || !isPalmtreeError(error, 'too_much_data')) throw error;
      const details = { paths: [path], limit: maxShownBytes };
      throw new PalmtreeError('content_too_large', error.message, { cause: error, details });
    }
  }

  /** A page of the tree's revisions, newest first, limited to those before `before`. */
  revisions(tree: string, before?: number, signal?: AbortSignal): Promise<RevisionList> {
    const query = before === undefined ? '' : `?before=${before}`;
    return this.#request('GET', `${treePath(tree)}/revisions${query}`, revisionList, { signal, retries: 1 });
  }

  /** The changes of one revision, including those of which retention has removed a side. Throws revision_not_found. */
  revision(tree: string, number: number, signal?: AbortSignal): Promise<RevisionDetail> {
    const options = { signal, retries: 1, maxBytes: maxListBytes };
    return this.#request('GET', `${treePath(tree)}/revisions/${number}?removed=1`, revisionDetail, options);
  }

  /**
   * The changes that turn the file table at revision `from` into the one at `to`; 0 is the empty tree. Those of which retention
   * has removed a side say so.
   */
  compare(tree: string, from: number, to: number, signal?: AbortSignal): Promise<Comparison> {
    const options = { signal, retries: 1, maxBytes: maxListBytes };
    const query = `from=${from}&to=${to}&removed=1`;
    return this.#request('GET', `${treePath(tree)}/compare?${query}`, comparison, options);
  }

  /** A page of the versions of one path, newest first, limited to those before revision `before`. */
  history(tree: string, path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    const page = before === undefined ? '' : `&before=${before}`;
    const query = `path=${encodeURIComponent(path)}${page}`;
    return this.#request('GET', `${treePath(tree)}/history?${query}`, pathHistory, { signal, retries: 1 });
  }

  /** The tree's head; undefined before its first push. */
  async head(tree: string, signal?: AbortSignal): Promise<RevisionSummary | undefined> {
    const options = { signal, silenceMs: pollSilenceMs };
    const { revisions } = await this.#request('GET', `${treePath(tree)}/revisions?limit=1`, revisionList, options);
    return revisions[0];
  }

  /**
   * Opens the event stream of the tree's revisions: first the head unless it is `known`, then each new revision. The
   * stream goes on until `signal` is aborted. Reading it throws when the connection breaks.
   */
  async events(tree: string, known: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    await this.#checkProtocol(signal);
    const path = `${treePath(tree)}/events`;
    const headers = { ...this.#headers(), accept: 'text/event-stream', 'last-event-id': String(known) };
    await this.#options.connection?.ready(signal);
    const deadline = new SilenceDeadline({
      silenceMs: this.#options.silenceMs,
      maxBytes: 'endless',
      send: this.#sendRequest,
    });
    try {
      const send = createFetch({ fetch: deadline.fetch });
      const options = { headers, signal, retry: false, responseType: 'stream' } as const;
      const response = await send.raw<unknown, 'stream'>(this.#base + path, options);
      const type = response.headers.get('content-type') ?? '';
      if (response._data !== undefined && type.startsWith('text/event-stream')) return response._data;
      await response._data?.cancel();
      throw this.#unexpectedResponse(`GET ${path}: the response is not a stream of events`);
    } catch (error) {
      throw await this.#requestError(error, `GET ${path}`, signal);
    } finally {
      deadline.stop();
    }
  }

  /** The WebSocket address of a session's rsync, and the headers for its upgrade request. */
  rsyncEndpoint(tree: string, id: string): RsyncEndpoint {
    const { connection } = this.#options;
    const url = `${this.#base}${treePath(tree)}/sessions/${id}/rsync`.replace(/^http/, 'ws');
    const way = connection && {
      openSocket: () => connection.openSocket(),
      ready: (signal: AbortSignal) => connection.ready(signal),
    };
    return { url, headers: this.#headers(), ...way };
  }

  /** The requests that move a session's files without rsync. */
  sessionFiles(tree: string, { id, http }: Pick<PushSession, 'id' | 'http'>): SessionRequests {
    const { windowMs, connection } = this.#options;
    return new SessionRequests({
      address: this.address,
      base: this.#base,
      send: this.#sendRequest,
      ready: connection && ((signal) => connection.ready(signal)),
      path: `${treePath(tree)}/sessions/${id}`,
      headers: this.#headers(),
      encodings: http?.encodings,
      windowMs,
    });
  }

  #headers(): Record<string, string> {
    const authorization = this.#options.connection === undefined ? { authorization: `Bearer ${this.#token}` } : {};
    return { ...authorization, [protocolHeader]: String(protocol) };
  }

  async #checkProtocol(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isProtocolChecked) await this.whoami(signal);
  }

  async #request<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    options: RequestOptions,
  ): Promise<z.infer<S>> {
    return this.#parsed(schema, await this.#send(method, path, options), `${method} ${path}`);
  }

  #parsed<S extends z.ZodType>(schema: S, value: unknown, request: string): z.infer<S> {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.#unexpectedResponse(`${request}: ${parsed.error.message}`);
  }

  #tooManyFiles(request: string, count: number): PalmtreeError {
    const details = { subject: this.address, maxFiles: maxItems };
    return new PalmtreeError('too_much_data', `${request}: ${count} entries`, { details });
  }

  #unexpectedResponse(message: string, cause?: unknown): PalmtreeError {
    return new PalmtreeError('not_a_palmtree_server', message, { cause, details: { subject: this.address } });
  }

  #requestError(error: unknown, request: string, signal: AbortSignal | undefined): Promise<PalmtreeError> {
    return requestError(error, { request, address: this.address, signal });
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<unknown> {
    await this.#checkProtocol(options.signal);
    return this.#fetch(method, path, options);
  }

  async #fetch(method: string, path: string, options: RequestOptions): Promise<unknown> {
    const { windowMs, connection } = this.#options;
    await connection?.ready(options.signal);
    const silenceMs = shortest(this.#options.silenceMs, options.silenceMs);
    const maxBytes = options.maxBytes ?? maxJsonBytes;
    const retries = options.retries ?? 0;
    const { list, response } = options;
    const isParsed = response === undefined;
    const deadline = new SilenceDeadline({ silenceMs, windowMs, maxBytes, isParsed, send: this.#sendRequest });
    const request: FetchOptions<'json' | 'arrayBuffer' | 'stream'> = {
      ...(response === undefined ? {} : { responseType: response === 'bytes' ? 'arrayBuffer' : 'stream' }),
      method,
      headers: {
        ...this.#headers(),
        [heartbeatsHeader]: '1',
        ...(list === undefined ? {} : { 'content-type': ndjsonType }),
        ...(response === 'ndjson' ? { accept: ndjsonType } : {}),
      },
      // A body that is generated while it is sent can be sent only once, so each attempt gets its own.
      ...(list === undefined ? {} : { onRequest: (context) => void (context.options.body = sentBody(list, deadline)) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      retry: retries,
      retryDelay: (context) => 250 * 2 ** (retries - Number(context.options.retry)),
      // ofetch counts a failed connection as a 500.
      retryStatusCodes: [500, 502, 503, 504],
    };
    try {
      const send = createFetch({ fetch: deadline.fetch });
      const value = await send<unknown, 'json' | 'arrayBuffer' | 'stream'>(this.#base + path, request);
      if (response === undefined) throwIfError(value, { request: `${method} ${path}`, address: this.address });
      return value;
    } catch (error) {
      throw await this.#requestError(error, `${method} ${path}`, options.signal);
    } finally {
      // A stream has a deadline of its own for each of its pieces.
      deadline.stop();
    }
  }
}

function sentBody({ head, items }: NonNullable<RequestOptions['list']>, deadline: SilenceDeadline) {
  const body = ndjsonBody(head, items);
  if (typeof body !== 'string') return deadline.watchSent(body);
  deadline.noteSent(Buffer.byteLength(body));
  return body;
}

function shortest(...limits: readonly (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

function treePath(tree: string): string {
  return `/v1/trees/${encodeURIComponent(tree)}`;
}

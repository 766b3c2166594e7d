import { ofetch, FetchError, type FetchOptions } from 'ofetch';
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
import { ndjsonType, ndjsonValues } from '../../../../server/src/contract/ndjson';
import {
  commitResult,
  errorBody,
  fileTable,
  pullSession,
  pushSession,
  tableHead,
  treeList,
  whoami,
  type BeginPull,
  type BeginPush,
  type Change,
  type CommitResult,
  type FileTable,
  type PullSession,
  type PushSession,
  type TreeList,
  type Whoami,
} from '../../../../server/src/contract/schemas';
import { PalmtreeError } from '../../errors';
import { ndjsonBody, type Items } from './ndjsonBody';
import { yielder } from '../threads/yielding';

const shortTimeoutMs = 30_000;
/** Hashing what arrived takes the server a while; a push of a terabyte is not to fail for that. */
const longTimeoutMs = 60 * 60_000;

/** What Node 24.14 and 24.15 make of a 401 to a body that was streamed: https://github.com/nodejs/undici/issues/5018. */
const hidden401 = 'expected non-null body source';

/** The changes may be made while they are sent. */
export type SentPush = Omit<BeginPush, 'changes'> & { readonly changes: Items<Change> };

interface RequestOptions {
  /** What is sent: a list, and what is said of it. */
  readonly list?: { readonly head: object; readonly items: Items<unknown> };
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Only for what may be repeated: ofetch's own defaults repeat too much and too little. */
  readonly retries?: number;
  /** What is answered, where it is not JSON. */
  readonly answer?: 'bytes' | 'lines';
}

/** The server's API for one token. Every failure is a PalmtreeError with the server's or a local code. */
export class Client {
  /** Where the server is, without a slash at its end. */
  readonly address: string;
  readonly #token: string;

  /** `url` is the server's address; it may have a path when a proxy puts the server below one. */
  constructor(url: string, token: string) {
    this.address = url.replace(/\/+$/, '');
    this.#token = token;
  }

  whoami(signal?: AbortSignal): Promise<Whoami> {
    return this.#request('GET', '/v1/whoami', whoami, { signal, retries: 1 });
  }

  trees(signal?: AbortSignal): Promise<TreeList> {
    return this.#request('GET', '/v1/trees', treeList, { signal, retries: 1 });
  }

  async makeTree(tree: string, signal?: AbortSignal): Promise<void> {
    await this.#send('PUT', `/v1/trees/${encodeURIComponent(tree)}`, { signal, retries: 1 });
  }

  /** `sinceId` makes sure that the server's revision `since` is the one that is meant. */
  async files(tree: string, since: number, sinceId?: string, signal?: AbortSignal): Promise<FileTable> {
    const query = sinceId === undefined ? `since=${since}` : `since=${since}&sinceId=${encodeURIComponent(sinceId)}`;
    const path = `${treePath(tree)}/files?${query}`;
    const options = { signal, retries: 2, timeoutMs: longTimeoutMs, answer: 'lines' } as const;
    const answer = (await this.#send('GET', path, options)) as ReadableStream<Uint8Array>;
    const request = `GET ${path}`;
    let head: z.infer<typeof tableHead> | undefined;
    const files: FileTable['files'] = [];
    const pause = yielder();
    try {
      for await (const values of ndjsonValues(answer)) {
        head ??= this.#parsed(tableHead, values.shift(), request);
        for (const file of this.#parsed(fileTable.shape.files, values, request)) files.push(file);
        await pause();
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#notOurs(`${request}: its lines are not JSON`, error);
      throw error instanceof PalmtreeError ? error : await this.#explain(error, request, signal);
    }
    const { count, ...rest } = this.#parsed(tableHead, head, request);
    if (files.length === count) return { ...rest, files };
    throw this.#notOurs(`${request}: ${files.length} entries came, not ${count}`);
  }

  beginPush(tree: string, { changes, ...head }: SentPush, signal?: AbortSignal): Promise<PushSession> {
    const options = { list: { head, items: changes }, signal, timeoutMs: longTimeoutMs };
    return this.#request('POST', `${treePath(tree)}/pushes`, pushSession, options);
  }

  /** Safe to repeat: the same id is answered the same. */
  commitPush(tree: string, id: string, signal?: AbortSignal): Promise<CommitResult> {
    const options = { signal, timeoutMs: longTimeoutMs, retries: 3 };
    return this.#request('POST', `${treePath(tree)}/pushes/${id}/commit`, commitResult, options);
  }

  async endPush(tree: string, id: string): Promise<void> {
    await this.#send('DELETE', `${treePath(tree)}/pushes/${id}`, {});
  }

  beginPull(tree: string, { paths, ...head }: BeginPull, signal?: AbortSignal): Promise<PullSession> {
    const options = { list: { head, items: paths }, signal, timeoutMs: longTimeoutMs, retries: 1 };
    return this.#request('POST', `${treePath(tree)}/pulls`, pullSession, options);
  }

  async endPull(tree: string, id: string): Promise<void> {
    await this.#send('DELETE', `${treePath(tree)}/pulls/${id}`, {});
  }

  /** The content of `path` as it stood in `revision`; of a symlink its target. Throws not_found. */
  async content(tree: string, path: string, revision: number, signal?: AbortSignal): Promise<Uint8Array> {
    const query = `path=${encodeURIComponent(path)}&revision=${revision}`;
    const body = await this.#send('GET', `${treePath(tree)}/content?${query}`, { signal, retries: 1, answer: 'bytes' });
    if (body instanceof ArrayBuffer) return new Uint8Array(body);
    // An empty file's answer has no body.
    return new Uint8Array();
  }

  /** A page of the tree's revisions, newest first: those before `before`, where it is given. */
  revisions(tree: string, before?: number, signal?: AbortSignal): Promise<RevisionList> {
    const query = before === undefined ? '' : `?before=${before}`;
    return this.#request('GET', `${treePath(tree)}/revisions${query}`, revisionList, { signal, retries: 1 });
  }

  /** What a revision changed. Throws revision_not_found. */
  revision(tree: string, number: number, signal?: AbortSignal): Promise<RevisionDetail> {
    const options = { signal, retries: 1, timeoutMs: longTimeoutMs };
    return this.#request('GET', `${treePath(tree)}/revisions/${number}`, revisionDetail, options);
  }

  /** What turns the file table at revision `from` into the one at `to`; 0 is the empty tree. */
  compare(tree: string, from: number, to: number, signal?: AbortSignal): Promise<Comparison> {
    const options = { signal, retries: 1, timeoutMs: longTimeoutMs };
    return this.#request('GET', `${treePath(tree)}/compare?from=${from}&to=${to}`, comparison, options);
  }

  /** A page of the versions of one path, newest first: those before revision `before`, where it is given. */
  history(tree: string, path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    const page = before === undefined ? '' : `&before=${before}`;
    const query = `path=${encodeURIComponent(path)}${page}`;
    return this.#request('GET', `${treePath(tree)}/history?${query}`, pathHistory, { signal, retries: 1 });
  }

  /** The tree's head; undefined before its first push. */
  async newest(tree: string, signal?: AbortSignal): Promise<RevisionSummary | undefined> {
    const { revisions } = await this.#request('GET', `${treePath(tree)}/revisions?limit=1`, revisionList, { signal });
    return revisions[0];
  }

  /**
   * Opens the stream of the tree's revisions: the head, where it is not `known`, then each new one as it is made.
   * It goes on until `signal` ends it; when it breaks, so does reading it.
   */
  async events(tree: string, known: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const path = `${treePath(tree)}/events`;
    const headers = { ...this.#headers(), accept: 'text/event-stream', 'last-event-id': String(known) };
    let body: unknown;
    try {
      body = await ofetch<unknown>(this.address + path, { headers, signal, retry: false });
    } catch (error) {
      throw await this.#explain(error, `GET ${path}`, signal);
    }
    if (body instanceof ReadableStream) return body as ReadableStream<Uint8Array>;
    throw this.#notOurs(`GET ${path}: it is not answered by a stream`);
  }

  /** Where a session's rsync is reached, and the headers that open it. */
  rsyncEndpoint(tree: string, id: string): { url: string; headers: Record<string, string> } {
    const url = `${this.address}${treePath(tree)}/sessions/${id}/rsync`.replace(/^http/, 'ws');
    return { url, headers: this.#headers() };
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  async #request<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    options: RequestOptions,
  ): Promise<z.infer<S>> {
    return this.#parsed(schema, await this.#send(method, path, options), `${method} ${path}`);
  }

  #parsed<S extends z.ZodType>(schema: S, answer: unknown, request: string): z.infer<S> {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw this.#notOurs(`${request}: ${parsed.error.message}`);
  }

  #notOurs(message: string, cause?: unknown): PalmtreeError {
    return new PalmtreeError('not_a_palmtree_server', message, { cause, details: { subject: this.address } });
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<unknown> {
    // ofetch ignores its own timeout once it is given a signal.
    const timeout = AbortSignal.timeout(options.timeoutMs ?? shortTimeoutMs);
    const retries = options.retries ?? 0;
    const { list } = options;
    const request: FetchOptions<'json' | 'arrayBuffer' | 'stream'> = {
      ...(options.answer === undefined ? {} : { responseType: options.answer === 'bytes' ? 'arrayBuffer' : 'stream' }),
      method,
      headers: {
        ...this.#headers(),
        ...(list === undefined ? {} : { 'content-type': ndjsonType }),
        ...(options.answer === 'lines' ? { accept: ndjsonType } : {}),
      },
      // A body that is sent while it is written can be sent only once: each try has its own.
      ...(list === undefined
        ? {}
        : { onRequest: (context) => void (context.options.body = ndjsonBody(list.head, list.items)) }),
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      retry: retries,
      retryDelay: (context) => 250 * 2 ** (retries - Number(context.options.retry)),
      // ofetch counts a connection that failed as a 500.
      retryStatusCodes: [500, 502, 503, 504],
    };
    try {
      return await ofetch<unknown, 'json' | 'arrayBuffer' | 'stream'>(this.address + path, request);
    } catch (error) {
      throw await this.#explain(error, `${method} ${path}`, options.signal);
    }
  }

  async #explain(error: unknown, request: string, signal: AbortSignal | undefined): Promise<PalmtreeError> {
    if (signal?.aborted) return new PalmtreeError('cancelled', `${request}: cancelled`, { cause: error });
    const subject = this.address;
    if (!(error instanceof FetchError) || error.response === undefined) {
      if (rootMessage(error) === hidden401) {
        return new PalmtreeError('unauthorized', `${request}: HTTP 401`, { cause: error, details: { subject } });
      }
      return new PalmtreeError('server_unreachable', `${request}: ${rootMessage(error)}`, {
        cause: error,
        details: { subject, stderr: rootMessage(error) },
      });
    }
    const parsed = errorBody.safeParse(await answeredJson(error.data));
    if (parsed.success) {
      const { code, message, details } = parsed.data.error;
      return new PalmtreeError(code, `${request}: ${message}`, {
        cause: error,
        details: {
          subject,
          stderr: message,
          ...(details?.head === undefined ? {} : { head: details.head }),
          ...(details?.paths === undefined ? {} : { paths: details.paths }),
        },
      });
    }
    // A proxy answers for a server that is down; anything else that speaks HTTP is not ours.
    const code = error.response.status >= 502 ? 'server_unreachable' : 'not_a_palmtree_server';
    const message = `${request}: HTTP ${error.response.status}`;
    return new PalmtreeError(code, message, { cause: error, details: { subject, stderr: message } });
  }
}

/** What was answered, where something else than JSON was asked for. */
async function answeredJson(data: unknown): Promise<unknown> {
  if (!(data instanceof ArrayBuffer) && !(data instanceof ReadableStream)) return data;
  return new Response(data as ArrayBuffer | ReadableStream<Uint8Array>).json().catch(() => undefined);
}

function treePath(tree: string): string {
  return `/v1/trees/${encodeURIComponent(tree)}`;
}

/** fetch wraps the reason (ECONNREFUSED, a certificate) in two or three layers of "fetch failed". */
function rootMessage(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
  return code === undefined || inner.message.includes(code) ? inner.message : `${code}: ${inner.message}`;
}

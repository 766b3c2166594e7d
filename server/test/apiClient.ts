import { ndjsonBlocks, ndjsonType } from '../src/contract/ndjson';
import type {
  BeginPull,
  BeginPush,
  CommitResult,
  ErrorBody,
  FileTable,
  PullSession,
  PushSession,
} from '../src/contract/schemas';

export interface ApiResponse<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A longer list exceeds the limit of a JSON body. */
const maxJsonItems = 1_000;

type Fetch = (path: string, init: RequestInit) => Response | Promise<Response>;

/** Calls the API with one token. No method throws for an error status. */
export class ApiClient {
  readonly #fetch: Fetch;
  readonly #token: string | undefined;

  constructor(fetch: Fetch, token?: string) {
    this.#fetch = fetch;
    this.#token = token;
  }

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<ApiResponse<T>> {
    const headers: Record<string, string> = {};
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== undefined) headers['content-type'] = contentType;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.#fetch(path, { method, headers, ...(body === undefined ? {} : { body: text }) });
    const responseText = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (responseText === '' ? undefined : JSON.parse(responseText)) as T,
    };
  }

  makeTree(tree: string) {
    return this.call<{ name: string; revision: number }>('PUT', `/v1/trees/${tree}`);
  }

  table(tree: string, since = 0) {
    return this.call<FileTable>('GET', `/v1/trees/${tree}/files?since=${since}`);
  }

  beginPush(tree: string, push: BeginPush) {
    return this.#postList<PushSession>(`/v1/trees/${tree}/pushes`, push, 'changes', push.changes);
  }

  commit(tree: string, id: string) {
    return this.call<CommitResult & ErrorBody>('POST', `/v1/trees/${tree}/pushes/${id}/commit`);
  }

  beginPull(tree: string, pull: BeginPull) {
    return this.#postList<PullSession>(`/v1/trees/${tree}/pulls`, pull, 'paths', pull.paths);
  }

  end(tree: string, kind: 'pushes' | 'pulls', id: string) {
    return this.call<undefined>('DELETE', `/v1/trees/${tree}/${kind}/${id}`);
  }

  #postList<T>(path: string, body: object, field: string, items: readonly unknown[]) {
    if (items.length <= maxJsonItems) return this.call<T & ErrorBody>('POST', path, body);
    const head = { ...body, count: items.length, [field]: undefined };
    return this.call<T & ErrorBody>('POST', path, [...ndjsonBlocks(head, items)].join(''), ndjsonType);
  }
}

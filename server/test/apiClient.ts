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

type Fetch = (path: string, init: RequestInit) => Response | Promise<Response>;

/** Calls the API with one token. No method throws for an error status. */
export class ApiClient {
  readonly #fetch: Fetch;
  readonly #token: string | undefined;

  constructor(fetch: Fetch, token?: string) {
    this.#fetch = fetch;
    this.#token = token;
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<ApiResponse<T>> {
    const headers: Record<string, string> = {};
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
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
    return this.call<PushSession & ErrorBody>('POST', `/v1/trees/${tree}/pushes`, push);
  }

  commit(tree: string, id: string) {
    return this.call<CommitResult & ErrorBody>('POST', `/v1/trees/${tree}/pushes/${id}/commit`);
  }

  beginPull(tree: string, pull: BeginPull) {
    return this.call<PullSession & ErrorBody>('POST', `/v1/trees/${tree}/pulls`, pull);
  }

  end(tree: string, kind: 'pushes' | 'pulls', id: string) {
    return this.call<undefined>('DELETE', `/v1/trees/${tree}/${kind}/${id}`);
  }
}

/** Messages between the benchmark and the process of a client. */
export interface OpenRequest {
  readonly op: 'open';
  readonly root: string;
  readonly storage: string;
  /** The folder of the bundles. */
  readonly dist: string;
  readonly url: string;
  readonly token: string;
  readonly tree: string;
}

export type ClientRequest =
  | OpenRequest
  | { readonly op: 'makeTree' | 'rescan' | 'push' | 'pull' | 'view' | 'memory' | 'close' }
  | { readonly op: 'track'; readonly paths: readonly string[] }
  /** File events as VS Code's watcher sends them. Ends when `outgoing` paths are pending. */
  | { readonly op: 'fileEvents'; readonly paths: readonly string[]; readonly outgoing: number };

export type ClientResponse =
  { readonly figures: { readonly ms: number; readonly [name: string]: number } } | { readonly error: string };

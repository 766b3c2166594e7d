/** What the bench asks of a client's process, and what that answers. */
export interface OpenRequest {
  readonly op: 'open';
  readonly root: string;
  readonly storage: string;
  /** Where the built parts are. */
  readonly dist: string;
  readonly url: string;
  readonly token: string;
  readonly tree: string;
}

export type ClientRequest =
  | OpenRequest
  | { readonly op: 'makeTree' | 'rescan' | 'push' | 'pull' | 'view' | 'memory' | 'close' }
  | { readonly op: 'track'; readonly paths: readonly string[] }
  /** As VS Code's watcher tells it; ends when `outgoing` paths wait to be pushed. */
  | { readonly op: 'noteChanged'; readonly paths: readonly string[]; readonly outgoing: number };

export type ClientAnswer =
  { readonly figures: { readonly ms: number; readonly [name: string]: number } } | { readonly error: string };

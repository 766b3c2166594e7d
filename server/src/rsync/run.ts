/** A client transfers many files with several rsyncs at once, one for each part of them. */
export const maxRunsAtOnce = 4;

/** A running rsync daemon and its connection, or the HTTP requests that do the same. */
export interface Run {
  /** The part that this run transfers; undefined if the client does not number its parts. */
  readonly part: string | undefined;
  /** Resolves when its processes have ended. Never rejects. */
  readonly ended: Promise<void>;
  /** True once its connection is lost or `stop` was called. */
  readonly isClosing: boolean;
  /** Valid after `ended`: whether all was transferred and it was not stopped; for rsync, whether it exited with 0. */
  readonly succeeded: boolean;
  /** The bytes that the client has sent. */
  readonly received: number;
  /** Nothing more will come, since the session is committed or ended. A run that ends by itself has no such function. */
  settle?(): void;
  /** With `refused`, the connection is closed with a code by which the client knows that another run would fail too. */
  stop(reason: string, fault?: 'refused'): void;
}

/** A client transfers many files with several rsyncs at once, one for each part of them. */
export const maxRunsAtOnce = 4;

/** A running rsync daemon and its connection. */
export interface Run {
  /** The part that this run transfers; undefined if the client does not number its parts. */
  readonly part: string | undefined;
  /** Resolves when its processes have ended. Never rejects. */
  readonly ended: Promise<void>;
  /** True once its connection is lost or `stop` was called. */
  readonly isClosing: boolean;
  /** Valid after `ended`: whether rsync exited with 0 and was not stopped. */
  readonly succeeded: boolean;
  /** The bytes that the client has sent. */
  readonly received: number;
  /** With `refused`, the connection is closed with a code by which the client knows that another run would fail too. */
  stop(reason: string, fault?: 'refused'): void;
}

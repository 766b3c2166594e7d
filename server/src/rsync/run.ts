/** A client may move many files by several rsyncs at once, each its own part. */
export const maxRunsAtOnce = 4;

/** A running rsync. */
export interface Run {
  /** Which of a session's runs it is, where its client says so. */
  readonly part: string | undefined;
  /** Resolves when its processes are gone. Never rejects. */
  readonly ended: Promise<void>;
  /** True from when its connection is lost, or it was told to stop. */
  readonly isClosing: boolean;
  /** Once it has ended: whether it did so by itself, and brought all. */
  readonly succeeded: boolean;
  /** Ends it, at once. */
  stop(reason: string): void;
}

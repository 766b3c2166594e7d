/** The next step of a transfer after an rsync run. */
export type RsyncOutcome =
  | 'done'
  /** The connection was lost: run again in the same session. */
  | 'retry'
  /** Files vanished or could not be read: the disk has changed since the changes were planned. */
  | 'replan'
  | 'cancelled'
  /** Another run would fail too. The reason is in stderr. */
  | 'failed';

/** Meanings from EXIT VALUES in rsync(1). */
const outcomeByExit: Readonly<Record<number, RsyncOutcome>> = {
  0: 'done',
  1: 'failed', // Syntax or usage
  2: 'failed', // Protocol incompatibility
  3: 'failed', // Selection of files and folders
  4: 'failed', // Unsupported action or option
  5: 'failed', // The daemon refused before the protocol began: its `@ERROR` line has the reason
  6: 'failed', // Log file
  10: 'retry', // Socket I/O
  11: 'failed', // File I/O, such as a full disk
  12: 'retry', // Protocol data stream
  13: 'retry', // Program diagnostics
  14: 'retry', // IPC
  15: 'retry', // Sibling process crashed
  16: 'retry', // Sibling process killed
  19: 'cancelled', // SIGUSR1
  20: 'cancelled', // SIGINT, SIGTERM or SIGHUP
  21: 'retry', // waitpid()
  22: 'retry', // Memory allocation
  23: 'replan', // Partial transfer
  24: 'replan', // Vanished source files
  25: 'replan', // Limit of --max-delete
  30: 'retry', // Timeout of the transfer
  35: 'retry', // Timeout of the connection
};

export function outcomeOfExit(exit: number | NodeJS.Signals): RsyncOutcome {
  if (typeof exit === 'string') return exit === 'SIGINT' || exit === 'SIGTERM' ? 'cancelled' : 'retry';
  return outcomeByExit[exit] ?? 'failed';
}

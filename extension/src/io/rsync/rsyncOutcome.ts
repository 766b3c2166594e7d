/** What to do about the way an rsync run ended. */
export type RsyncOutcome =
  | 'done'
  /** The connection was cut: the same session, again. */
  | 'retry'
  /** Files vanished or could not be read: the plan no longer fits the disk. */
  | 'replan'
  | 'cancelled'
  | 'disk-full'
  /** The daemon refused us before the protocol: its `@ERROR` line says why. */
  | 'refused'
  /** Usage, protocol, an option refused: ours to mend. */
  | 'defect';

/** Meanings from the EXIT VALUES of rsync(1). */
const outcomeByExit: Readonly<Record<number, RsyncOutcome>> = {
  0: 'done',
  1: 'defect',
  2: 'defect',
  3: 'defect',
  4: 'defect',
  5: 'refused',
  6: 'defect',
  10: 'retry',
  11: 'disk-full',
  12: 'retry',
  13: 'retry',
  14: 'retry',
  15: 'retry',
  16: 'retry',
  19: 'cancelled',
  20: 'cancelled',
  21: 'retry',
  22: 'retry',
  23: 'replan',
  24: 'replan',
  25: 'replan',
  30: 'retry',
  35: 'retry',
};

export function rsyncOutcome(exit: number | NodeJS.Signals): RsyncOutcome {
  if (typeof exit === 'string') return exit === 'SIGINT' || exit === 'SIGTERM' ? 'cancelled' : 'retry';
  return outcomeByExit[exit] ?? 'defect';
}

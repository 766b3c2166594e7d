/**
 * Work that yields between batches of about a millisecond, so that its caller can pause there.
 * Functions that return one are named …Steps.
 */
export type CooperativeTask<T> = Generator<void, T>;

/** Paths per batch: their work takes about a millisecond. */
export const stepSize = 1_000;

/** Runs the task without pauses. */
export function runToEnd<T>(task: CooperativeTask<T>): T {
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Work that yields between small batches, so that its caller can pause there.
 * Functions that return one are named …Steps.
 */
export type CooperativeTask<T> = Generator<void, T>;

/** Paths per batch: their work takes a fraction of a millisecond, and for the deepest paths some ten. */
export const stepSize = 100;

/** Runs the task without pauses. */
export function runToEnd<T>(task: CooperativeTask<T>): T {
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
  }
}

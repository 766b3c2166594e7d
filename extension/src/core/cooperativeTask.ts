/** Work in steps, for a caller who pauses between them. */
export type CooperativeTask<T> = Generator<void, T>;

/** Paths that are looked at in one step: it takes about a millisecond. */
export const stepSize = 1_000;

/** Does all of it without a pause. */
export function runToEnd<T>(steps: CooperativeTask<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

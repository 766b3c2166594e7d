import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CooperativeTask } from '../../core/cooperativeTask';

/** After so many milliseconds of work others have their turn. */
const turnMs = 4;

/** What waits for the others' turn when it has been long. */
export function yielder(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < turnMs) return;
    await nextTurn();
    began = performance.now();
  };
}

/** Does work in steps, and lets others have their turn between them. */
export async function runYielding<T>(steps: CooperativeTask<T>): Promise<T> {
  const pause = yielder();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

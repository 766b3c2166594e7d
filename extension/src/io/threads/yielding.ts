import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CooperativeTask } from '../../core/cooperativeTask';

/** Milliseconds of work before other code on this thread gets a turn. */
const sliceMs = 4;

/** Returns a function that waits for the next turn of the event loop if the current slice of time is used up. */
export function yielder(): () => Promise<void> {
  let sliceStart = performance.now();
  return async () => {
    if (performance.now() - sliceStart < sliceMs) return;
    await nextTurn();
    sliceStart = performance.now();
  };
}

/** Runs the task and lets other code on this thread run between its batches. */
export async function runYielding<T>(task: CooperativeTask<T>): Promise<T> {
  const pause = yielder();
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

const sliceMs = 10;

/**
 * Runs short synchronous work over many items and yields to the event loop between slices. A synchronous stat or link
 * takes microseconds; through the thread pool it takes ten times as long.
 */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let sliceStarted = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - sliceStarted < sliceMs) continue;
    await nextTurn();
    sliceStarted = performance.now();
  }
}

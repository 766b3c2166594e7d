/**
 * Runs `work` on each item, at most `concurrency` at a time, and returns the results in the order of the items.
 * Rejects with the first error and does not wait for the work on the other items, which goes on. The server has a function
 * of its own for this, since the extension imports only the contract from there, and that one waits.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  return results;
}

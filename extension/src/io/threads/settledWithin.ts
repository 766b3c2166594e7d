/** Resolves when `work` has ended, or after this many milliseconds: a disk may never respond. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  const ended = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([ended, elapsed]);
  clearTimeout(timer);
}

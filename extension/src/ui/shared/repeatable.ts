import { PalmtreeError } from '../../errors';

/**
 * Runs work whose questions are answered. If it fails, "Try Again" runs it again: the innermost such work, which asks
 * the least.
 */
export async function repeatable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PalmtreeError) error.again ??= () => repeatable(work);
    throw error;
  }
}

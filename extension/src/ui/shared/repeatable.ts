import { PalmtreeError } from '../../errors';

/**
 * Runs `work`, and lets "Try Again" repeat it if it fails. The user has answered the questions before `work`, which are not
 * asked again: if one `repeatable` contains another, the inner one is repeated.
 */
export async function repeatable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PalmtreeError) error.again ??= () => repeatable(work);
    throw error;
  }
}

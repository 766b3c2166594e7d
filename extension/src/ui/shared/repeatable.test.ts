import { describe, expect, it } from 'vitest';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { repeatable } from './repeatable';

/** Fails this number of times before it returns the names of all runs. */
function failing(times: number, name: string, runs: string[]): () => Promise<string[]> {
  return () => {
    runs.push(name);
    if (runs.length <= times) return Promise.reject(new PalmtreeError('server_unreachable', 'x'));
    return Promise.resolve(runs);
  };
}

async function errorOf(work: Promise<unknown>): Promise<PalmtreeError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (isPalmtreeError(error)) return error;
  throw new Error('it did not fail', { cause: error });
}

describe('work that failed', () => {
  it('runs again as often as it fails', async () => {
    const runs: string[] = [];
    const first = await errorOf(repeatable(failing(2, 'push', runs)));
    const second = await errorOf(first.again?.() ?? Promise.resolve());
    expect(await second.again?.()).toEqual(['push', 'push', 'push']);
  });

  it('runs again without the questions that were answered before it', async () => {
    const runs: string[] = [];
    const work = failing(2, 'push', runs);
    const command = async () => {
      runs.push('question');
      return repeatable(work);
    };
    const error = await errorOf(repeatable(command));
    expect(await error.again?.()).toEqual(['question', 'push', 'push']);
  });

  it('is not remembered for an error that is a defect', async () => {
    const defect = new TypeError('x');
    await expect(repeatable(() => Promise.reject(defect))).rejects.toBe(defect);
    expect(defect).not.toHaveProperty('again');
  });
});

import { expect, it } from 'vitest';
import type { Store } from '../../io/store/storePort';
import { FolderPause } from './folderPause';
import { OperationQueue } from './operationQueue';

it('is as before if it could not be saved', async () => {
  const state = { isAutomationPaused: false } as Store['state'];
  const store = { state, save: () => Promise.reject(new Error('the disk is full')) };
  const shared = { refresh: () => Promise.resolve(false), exclusively: <T>(work: () => Promise<T>) => work() };
  const operations = new OperationQueue(shared, () => undefined);
  const seen: boolean[] = [];
  const pause: FolderPause = new FolderPause({
    store,
    operations,
    onChange: () => seen.push(pause.isAutomationPaused),
  });
  await expect(pause.set(true)).rejects.toThrow('the disk is full');
  expect(pause.isAutomationPaused).toBe(false);
  expect(seen).toEqual([true, false]);
});

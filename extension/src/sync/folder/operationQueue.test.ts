import { expect, it } from 'vitest';
import type { Store } from '../../io/store/storePort';
import { OperationQueue } from './operationQueue';

function operations(refresh: () => boolean = () => false): { told: string[]; queue: OperationQueue } {
  const told: string[] = [];
  const store: Pick<Store, 'refresh' | 'exclusively'> = {
    refresh: () => Promise.resolve(refresh()),
    exclusively: (work) => work(),
  };
  return { told, queue: new OperationQueue(store, () => told.push('others stored')) };
}

/** Work that ends when it is told to. */
function gate(): { open: () => void; work: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: () => resolve(), work: () => promise };
}

it('runs one after the other, also when one fails', async () => {
  const { told, queue } = operations();
  const first = gate();
  const running = [
    queue.inTurn(async () => {
      await first.work();
      told.push('first');
      throw new Error('failed');
    }),
    queue.inTurn(() => Promise.resolve(told.push('second'))),
  ];
  first.open();
  expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(told).toEqual(['first', 'second']);
});

it('ends what is cancelled while it waits at once, and never runs it', async () => {
  const { told, queue } = operations();
  const first = gate();
  const running = queue.inTurn(first.work);
  const waiting = new AbortController();
  const second = queue.inTurn(() => Promise.resolve(told.push('second')), waiting.signal);
  waiting.abort();
  await expect(second).rejects.toMatchObject({ code: 'cancelled' });
  first.open();
  await running;
  await expect(queue.inTurn(() => Promise.resolve(), waiting.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expect(told).toEqual([]);
});

it('lets what was asked for after the end run no more', async () => {
  const { told, queue } = operations();
  const late = queue.inTurn(() => Promise.resolve(told.push('late')));
  queue.cancelAll();
  await expect(late).rejects.toMatchObject({ code: 'cancelled' });
  await queue.idle();
  expect([told, queue.lifetime.aborted]).toEqual([[], true]);
});

it('tells that another window has stored something before the work uses it', async () => {
  const { told, queue } = operations(() => true);
  await queue.exclusively(() => Promise.resolve(told.push('work')));
  expect(told).toEqual(['others stored', 'work']);
});

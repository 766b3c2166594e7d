import { expect, it } from 'vitest';
import type { Store } from '../../io/store/storePort';
import { OperationQueue } from './operationQueue';

function operations(
  refresh: () => boolean = () => false,
  lock: () => Promise<void> = () => Promise.resolve(),
): { log: string[]; queue: OperationQueue } {
  const log: string[] = [];
  const store: Pick<Store, 'refresh' | 'exclusively'> = {
    refresh: () => Promise.resolve(refresh()),
    exclusively: (work) => lock().then(work),
  };
  return { log, queue: new OperationQueue(store, () => log.push('store replaced')) };
}

/** Work that ends when the gate is opened. */
function gate(): { open: () => void; work: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: () => resolve(), work: () => promise };
}

it('runs one operation after the other, even after a failure', async () => {
  const { log, queue } = operations();
  const first = gate();
  const running = [
    queue.inTurn(async () => {
      await first.work();
      log.push('first');
      throw new Error('failed');
    }),
    queue.inTurn(() => Promise.resolve(log.push('second'))),
  ];
  first.open();
  expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(log).toEqual(['first', 'second']);
});

it('rejects a queued operation as soon as it is cancelled, and never runs it', async () => {
  const { log, queue } = operations();
  const first = gate();
  const running = queue.inTurn(first.work);
  const controller = new AbortController();
  const second = queue.inTurn(() => Promise.resolve(log.push('second')), controller.signal);
  controller.abort();
  await expect(second).rejects.toMatchObject({ code: 'cancelled' });
  first.open();
  await running;
  await expect(queue.inTurn(() => Promise.resolve(), controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expect(log).toEqual([]);
});

it('runs no queued operation after cancelAll', async () => {
  const { log, queue } = operations();
  const late = queue.inTurn(() => Promise.resolve(log.push('late')));
  queue.cancelAll();
  await expect(late).rejects.toMatchObject({ code: 'cancelled' });
  await queue.idle();
  expect([log, queue.lifetime.aborted]).toEqual([[], true]);
});

it('reports that another window has saved its state before the work uses it', async () => {
  const { log, queue } = operations(() => true);
  await queue.exclusively(() => Promise.resolve(log.push('work')));
  expect(log).toEqual(['store replaced', 'work']);
});

it.each([
  ['it is cancelled', (_: OperationQueue, controller: AbortController) => controller.abort()],
  ['the folder is closed', (queue: OperationQueue) => queue.cancelAll()],
])('gives up the wait for the lock as soon as %s, and does nothing when it gets it', async (_, end) => {
  const first = gate();
  const { log, queue } = operations(() => true, first.work);
  const controller = new AbortController();
  const waiting = queue.exclusively(() => Promise.resolve(log.push('work')), controller.signal);
  end(queue, controller);
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  first.open();
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual([]);
});

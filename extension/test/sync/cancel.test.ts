import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../src/errors';
import type { Reporter } from '../../src/sync/ports/serverBinding';
import type { Machine } from './machine';
import { serverFixture } from './serverFixture';
import { cancelAtStep } from './simulation/participant';

const fixture = serverFixture();

describe('a cancelled command', () => {
  it('throws cancelled at any step, and does all its work the next time', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    for (const step of [1, 2]) {
      await expect(desk.sync.push(cancelAtStep(step))).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(await desk.push()).toMatchObject({ revision: 1, put: 1 });
    for (const step of [1, 2, 3]) {
      await expect(laptop.sync.pull(cancelAtStep(step))).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(await laptop.pull()).toMatchObject({ revision: 1, written: 1 });
    expect(await laptop.read('n/a.md')).toBe('a');
  });

  it('adopts no rules of the tree if it is a pull', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const path of ['n/a.md', 'b.md']) await desk.write(path, path);
    await desk.sync.track(['n', 'b.md']);
    await desk.push();
    for (const step of [2, 3, 4]) {
      await expect(laptop.sync.pull(cancelAtStep(step))).rejects.toMatchObject({ code: 'cancelled' });
      expect([...laptop.sync.rules.keys()]).toEqual([]);
    }
    await laptop.write('n/mine.md', 'not tracked');
    expect(await laptop.push()).toMatchObject({ put: 0 });
    await laptop.pull();
    expect([...laptop.sync.rules.keys()].sort()).toEqual(['b.md', 'n/a.md']);
  });
});

/** Lets the server be busy with each commit of the machine, after it has done `before`. Returns how to end that. */
function keepBusy({ client }: Machine, before: (tree: string, id: string) => Promise<unknown>): () => void {
  const commitPush = client.commitPush.bind(client);
  client.commitPush = async (tree, id) => {
    await before(tree, id);
    throw new PalmtreeError('session_busy', 'the session is in use');
  };
  return () => Object.assign(client, { commitPush });
}

/** Cancels a push when it says that the server is busy with it. */
function cancelWhenBusy(): Reporter {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    step: ({ kind }) => {
      if (kind === 'awaitingCommit') controller.abort();
    },
    progress: () => undefined,
  };
}

describe('a push that is cancelled while the server is busy with its commit', () => {
  it('ends at once, and is made by the next one', async () => {
    const [desk] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    const release = keepBusy(desk, () => Promise.resolve());
    await expect(desk.sync.push(cancelWhenBusy())).rejects.toMatchObject({ code: 'cancelled' });
    release();
    expect(await desk.push()).toMatchObject({ revision: 1, put: 1 });
  });

  it('is not made twice if the server committed it after all', async () => {
    const [desk] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    const commitPush = desk.client.commitPush.bind(desk.client);
    const release = keepBusy(desk, commitPush);
    await expect(desk.sync.push(cancelWhenBusy())).rejects.toMatchObject({ code: 'cancelled' });
    release();
    expect(await desk.push()).toMatchObject({ revision: 1, put: 0 });
  });
});

import { describe, expect, it } from 'vitest';
import { scene } from './scene';
import { cancelledAt } from './simulation/participant';

const stage = scene();

describe('a command that is cancelled', () => {
  it('ends as cancelled at whichever step, and the same command does it all the next time', async () => {
    const [desk, laptop] = await stage.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    for (const step of [1, 2]) {
      await expect(desk.sync.push(cancelledAt(step))).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(await desk.push()).toMatchObject({ revision: 1, put: 1 });
    for (const step of [1, 2, 3]) {
      await expect(laptop.sync.pull(cancelledAt(step))).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(await laptop.pull()).toMatchObject({ revision: 1, written: 1 });
    expect(await laptop.read('n/a.md')).toBe('a');
  });
});

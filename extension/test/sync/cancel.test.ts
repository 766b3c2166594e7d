import { describe, expect, it } from 'vitest';
import { serverFixture } from './serverFixture';
import { cancelAtStep } from './simulation/participant';

const fixture = serverFixture();

describe('a command that is cancelled', () => {
  it('ends as cancelled at whichever step, and the same command does it all the next time', async () => {
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

  it('tracks nothing of what the tree has tracked, when it is a pull', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const path of ['n/a.md', 'b.md']) await desk.write(path, path);
    await desk.sync.track(['n', 'b.md']);
    await desk.push();
    for (const step of [2, 3, 4]) {
      await expect(laptop.sync.pull(cancelAtStep(step))).rejects.toMatchObject({ code: 'cancelled' });
      expect([...laptop.sync.rules.keys()]).toEqual([]);
    }
    await laptop.write('n/mine.md', 'nobody asked for it');
    expect(await laptop.push()).toMatchObject({ put: 0 });
    await laptop.pull();
    expect([...laptop.sync.rules.keys()].sort()).toEqual(['b.md', 'n/a.md']);
  });
});

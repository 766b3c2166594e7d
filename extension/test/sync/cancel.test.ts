import { describe, expect, it } from 'vitest';
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

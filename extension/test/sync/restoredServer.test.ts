import { describe, expect, it } from 'vitest';
import { until } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture('test');

describe('a server that was restored from a backup', () => {
  it('is detected even at the same revision number, and nothing of either history is overwritten', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'one' });
    const backup = await fixture.server.backUp();
    await desk.write('n/b', "the desk's");
    await desk.push();
    await fixture.server.restore(backup);
    await laptop.write('n/a', "the laptop's");
    expect(await laptop.push()).toMatchObject({ revision: 2 });

    await desk.write('n/a', "the desk's");
    await expect(desk.push()).rejects.toMatchObject({ code: 'revision_not_found' });
    await expect(desk.pull()).rejects.toMatchObject({ code: 'revision_not_found' });
    expect((await desk.pull(false, { comparesAnew: true })).conflicts).toEqual(['n/a', 'n/b']);
    expect(await desk.read('n/a')).toBe("the desk's");
    expect((await laptop.pull()).revision).toBe(2);
    expect(await laptop.read('n/a')).toBe("the laptop's");
  });

  it('is detected by the feed, and a pull compares all files', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const copy = await fixture.server.backUp();
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await fixture.server.restore(copy);
    const state = await until(laptop, ({ offline }) => offline?.code === 'revision_not_found');
    expect(state.counts.conflicts).toBe(0);
    await laptop.pull(false, { comparesAnew: true });
    expect(await laptop.read('n/a')).toBe('2');
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 0, conflicts: 1 });
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectSame, silent, type Machine } from './machine';
import { scene } from './scene';

const stage = scene();

/** Both machines edited the same line of `n/a.md`, and the laptop has begun to merge it. */
async function merging() {
  const [desk, laptop] = await stage.twoMachines();
  await desk.write('n/a.md', 'base\n');
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await desk.write('n/a.md', 'desk\n');
  await desk.push();
  await laptop.write('n/a.md', 'laptop\n');
  await laptop.pull();
  const { path, revision, theirs, mineCopy } = await laptop.sync.startMerge(silent, 'n/a.md');
  const merge = { path, revision, theirs: createHash('sha256').update(theirs).digest('hex') };
  return { desk, laptop, merge, mineCopy };
}

async function pushedAgain(desk: Machine, text: string): Promise<void> {
  await desk.write('n/a.md', text);
  await desk.push();
}

describe('a merge in an editor that is saved', () => {
  it('stands for both sides, and a push sends it', async () => {
    const { desk, laptop, merge } = await merging();
    await laptop.write('n/a.md', 'desk and laptop\n');
    expect(await laptop.sync.finishMerge(silent, merge)).toBe('merged');
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 1 });
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('desk and laptop\n');
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('is not done while its markers are left', async () => {
    const { laptop, merge } = await merging();
    await laptop.write('n/a.md', '<<<<<<< mine\nlaptop\n||||||| last synced\nbase\n=======\ndesk\n>>>>>>> server\n');
    await expect(laptop.sync.finishMerge(silent, merge)).rejects.toMatchObject({ code: 'conflict_markers' });
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(['n/a.md']);
  });

  it('does not stand for what was pushed since it began, also when that was pulled', async () => {
    for (const pulls of [true, false]) {
      const { desk, laptop, merge } = await merging();
      await pushedAgain(desk, 'desk, newer\n');
      if (pulls) await laptop.pull();
      else await laptop.sync.rescan(silent);
      await laptop.write('n/a.md', 'desk and laptop\n');
      expect(await laptop.sync.finishMerge(silent, merge)).toBe('outdated');
      const [conflict] = laptop.sync.conflicts;
      expect(conflict).toMatchObject({ path: 'n/a.md', ancestor: { hash: merge.theirs } });
      // What was merged in is what the next merge begins with.
      const next = await laptop.sync.startMerge(silent, 'n/a.md');
      expect(new TextDecoder().decode(next.base)).toBe('desk\n');
      expect(new TextDecoder().decode(next.theirs)).toBe('desk, newer\n');
      await expect(laptop.push()).resolves.toMatchObject({ put: 0 });
    }
  });

  it('that the server has moved past unheard is held up by the push, and nothing is lost', async () => {
    const { desk, laptop, merge } = await merging();
    await pushedAgain(desk, 'desk, newer\n');
    await laptop.write('n/a.md', 'desk and laptop\n');
    await laptop.sync.finishMerge(silent, merge);
    await laptop.push().catch((error: unknown) => expect(error).toMatchObject({ code: 'stale_base' }));
    await laptop.pull();
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(['n/a.md']);
    expect(await laptop.read('n/a.md')).toBe('desk and laptop\n');
  });

  it('is decided already when the file came to be the same on both sides', async () => {
    const { desk, laptop, merge } = await merging();
    await pushedAgain(desk, 'desk and laptop\n');
    await laptop.write('n/a.md', 'desk and laptop\n');
    await laptop.pull();
    await expect(laptop.sync.finishMerge(silent, merge)).rejects.toMatchObject({ code: 'no_conflict' });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 0, incoming: 0 });
  });
});

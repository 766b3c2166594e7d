import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ForcePushPlan } from '../../src/sync/push/forcePush';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const marked = '<<<<<<< mine\nlaptop\n||||||| last synced\nbase\n=======\ndesk\n>>>>>>> server\n';

/** Two machines that edited the same line of `n/a.md`; the laptop has started a merge. */
async function merging() {
  const [desk, laptop] = await fixture.twoMachines();
  await desk.write('n/a.md', 'base\n');
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await desk.write('n/a.md', 'desk\n');
  await desk.push();
  await laptop.write('n/a.md', 'laptop\n');
  await laptop.pull();
  const { path, revision, theirs, ancestor, mineCopy } = await laptop.sync.merges.start(silent, 'n/a.md');
  const merge = { path, revision, ancestor, theirs: createHash('sha256').update(theirs).digest('hex') };
  return { desk, laptop, merge, mineCopy };
}

async function pushedAgain(desk: Machine, text: string): Promise<void> {
  await desk.write('n/a.md', text);
  await desk.push();
}

/** The laptop has saved a merge with its markers, has another edit, and has moved the file. */
async function markedAndMoved(move: (laptop: Machine) => Promise<unknown>) {
  const machines = await merging();
  await machines.laptop.write('n/a.md', marked);
  await machines.laptop.write('n/other.md', 'other\n');
  await move(machines.laptop);
  return machines;
}

describe('the markers of an unfinished merge', () => {
  const moves: [string, (laptop: Machine) => Promise<unknown>, path: string][] = [
    ['renamed', (on) => rename(on.path('n/a.md'), on.path('n/b.md')), 'n/b.md'],
    ['copied', (on) => copyFile(on.path('n/a.md'), on.path('n/b.md')), 'n/b.md'],
    ['in a folder that was renamed', (on) => rename(on.path('n'), on.path('m')), 'm/a.md'],
    [
      'moved to a new folder and edited',
      async (on) => {
        await mkdir(on.path('n/deep'));
        await rename(on.path('n/a.md'), on.path('n/deep/a.md'));
        await on.write('n/deep/a.md', `above\n${marked}`);
      },
      'n/deep/a.md',
    ],
  ];

  it.each(moves)('are not pushed in a file that was %s, until the user decides them', async (_, move, path) => {
    const { desk, laptop } = await markedAndMoved(move);
    const { skipped } = await laptop.push(true);
    expect(skipped).toEqual([{ path, reason: 'markers' }]);
    expect(laptop.sync.problemAt(path)).toMatchObject({ reason: 'conflict-markers' });
    expect(laptop.sync.conflicts.map((one) => one.path)).toEqual(['n/a.md']);
    await desk.pull();
    expect([...(await desk.listing()).keys()]).not.toContain(path);
    await laptop.write(path, 'desk and laptop\n');
    expect(await laptop.push(true)).toMatchObject({ skipped: [] });
    await desk.pull();
    if (path !== 'n/a.md') expect(await desk.read(path)).toBe('desk and laptop\n');
  });

  const inPlace: (typeof moves)[number] = ['saved in place', () => Promise.resolve(), 'n/a.md'];

  it.each([inPlace, ...moves])('are held back from a force push in a file that was %s', async (_, move, path) => {
    const { desk, laptop } = await markedAndMoved(move);
    const plans: ForcePushPlan[] = [];
    const { skipped } = await laptop.sync.forcePush(silent, (plan) => Promise.resolve(plans.push(plan) > 0));
    expect(skipped).toContainEqual({ path, reason: 'markers' });
    expect(plans.map((plan) => plan.marked.includes(path))).toEqual([true]);
    expect(plans.map(({ replaced, added }) => [...replaced, ...added].includes(path))).toEqual([false]);
    expect(laptop.sync.conflicts.map((one) => one.path)).toEqual(['n/a.md']);
    if (path !== 'n/a.md') expect(laptop.sync.problemAt(path)).toMatchObject({ reason: 'conflict-markers' });
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('desk\n');
    const other = path.startsWith('m/') ? 'm/other.md' : 'n/other.md';
    expect(await desk.read(other)).toBe('other\n');
    for (const kind of ['force', 'ordinary']) {
      if (kind === 'force') await laptop.sync.forcePush(silent, () => Promise.resolve(true));
      else await laptop.push(true);
      await desk.pull();
      if (path !== 'n/a.md') expect([...(await desk.listing()).keys()]).not.toContain(path);
    }
    await laptop.write(path, 'desk and laptop\n');
    expect(await laptop.sync.forcePush(silent, () => Promise.resolve(true))).toMatchObject({
      skipped: path === 'n/b.md' && move === moves[1]?.[1] ? [{ path: 'n/a.md', reason: 'markers' }] : [],
    });
    await desk.pull();
    expect(await desk.read(path)).toBe('desk and laptop\n');
  });

  it('go out in the one file for which the user says so', async () => {
    const { desk, laptop } = await markedAndMoved((on) => copyFile(on.path('n/a.md'), on.path('n/b.md')));
    const { skipped } = await laptop.sync.forcePush(silent, () => Promise.resolve({ marked: new Set(['n/b.md']) }));
    expect(skipped).toEqual([{ path: 'n/a.md', reason: 'markers' }]);
    await desk.pull();
    expect(await desk.read('n/b.md')).toBe(marked);
    expect(await desk.read('n/a.md')).toBe('desk\n');
  });

  it('stay here in a copy when a force push has ended the conflict', async () => {
    const { desk, laptop } = await markedAndMoved((on) => copyFile(on.path('n/a.md'), on.path('n/b.md')));
    await laptop.write('n/a.md', 'desk and laptop\n');
    await laptop.sync.forcePush(silent, () => Promise.resolve(true));
    expect(laptop.sync.conflicts).toEqual([]);
    expect(await laptop.push(true)).toMatchObject({ skipped: [{ path: 'n/b.md', reason: 'markers' }] });
    await desk.pull();
    expect([...(await desk.listing()).keys()]).not.toContain('n/b.md');
  });
});

describe('a finished merge', () => {
  it('resolves the conflict, and a push sends it', async () => {
    const { desk, laptop, merge } = await merging();
    await laptop.write('n/a.md', 'desk and laptop\n');
    expect(await laptop.sync.merges.finish(silent, merge)).toBe('merged');
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 1 });
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('desk and laptop\n');
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('must have no markers', async () => {
    const { laptop, merge } = await merging();
    await laptop.write('n/a.md', marked);
    await expect(laptop.sync.merges.finish(silent, merge)).rejects.toMatchObject({ code: 'conflict_markers' });
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(['n/a.md']);
  });

  it('leaves in conflict a version that was pushed since it started, whether pulled or not', async () => {
    for (const pulls of [true, false]) {
      const { desk, laptop, merge } = await merging();
      await pushedAgain(desk, 'desk, newer\n');
      if (pulls) await laptop.pull();
      else await laptop.sync.rescan(silent);
      await laptop.write('n/a.md', 'desk and laptop\n');
      expect(await laptop.sync.merges.finish(silent, merge)).toBe('outdated');
      const [conflict] = laptop.sync.conflicts;
      expect(conflict).toMatchObject({ path: 'n/a.md', ancestor: { hash: merge.theirs } });
      // The version that was merged is the base of the next merge.
      const next = await laptop.sync.merges.start(silent, 'n/a.md');
      expect(new TextDecoder().decode(next.base)).toBe('desk\n');
      expect(new TextDecoder().decode(next.theirs)).toBe('desk, newer\n');
      await expect(laptop.push()).resolves.toMatchObject({ put: 0 });
    }
  });

  it('loses nothing if a newer version is found only by the push', async () => {
    const { desk, laptop, merge } = await merging();
    await pushedAgain(desk, 'desk, newer\n');
    await laptop.write('n/a.md', 'desk and laptop\n');
    await laptop.sync.merges.finish(silent, merge);
    await laptop.push().catch((error: unknown) => expect(error).toMatchObject({ code: 'stale_base' }));
    await laptop.pull();
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(['n/a.md']);
    expect(await laptop.read('n/a.md')).toBe('desk and laptop\n');
  });

  it('is no conflict any more if both sides have the same file', async () => {
    const { desk, laptop, merge } = await merging();
    await pushedAgain(desk, 'desk and laptop\n');
    await laptop.write('n/a.md', 'desk and laptop\n');
    await laptop.pull();
    await expect(laptop.sync.merges.finish(silent, merge)).rejects.toMatchObject({ code: 'no_conflict' });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 0, incoming: 0 });
  });
});

describe('an active merge', () => {
  it('stays active while it is in conflict or its result is on the disk', async () => {
    const { laptop, merge } = await merging();
    for (const text of ['laptop\n', 'laptop\nand more\n', marked, 'base\n']) {
      await laptop.write('n/a.md', text);
      await laptop.sync.rescan(silent);
      expect(await laptop.sync.merges.ended([merge])).toEqual([]);
    }
    // Otherwise a pull would replace the file, which equals the ancestor now.
    await laptop.pull(false, { hasUnsavedEdits: (path) => path === merge.path });
    expect(await laptop.sync.merges.ended([merge])).toEqual([]);
  });

  it('ends with a decision, a force push, or untracking', async () => {
    const endings: ((laptop: Machine) => Promise<unknown>)[] = [
      ({ sync }) => sync.resolve(silent, { paths: ['n/a.md'], choice: 'mine' }),
      ({ sync }) => sync.resolve(silent, { paths: ['n/a.md'], choice: 'theirs' }),
      ({ sync }) => sync.forcePush(silent, () => Promise.resolve(true)),
      ({ sync }) => sync.untrack(['n/a.md']),
    ];
    for (const end of endings) {
      const { laptop, merge } = await merging();
      await end(laptop);
      expect(await laptop.sync.merges.ended([merge])).toEqual(['n/a.md']);
    }
  });

  it('is stale if the ancestor has changed since', async () => {
    const { desk, laptop, merge } = await merging();
    await laptop.sync.resolve(silent, { paths: ['n/a.md'], choice: 'mine' });
    await laptop.push();
    await desk.pull();
    await pushedAgain(desk, 'desk, newer\n');
    await laptop.write('n/a.md', 'laptop, later\n');
    await laptop.pull();
    expect(await laptop.sync.merges.finish(silent, merge)).toBe('stale');
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(['n/a.md']);
    await expect(laptop.push()).resolves.toMatchObject({ put: 0 });
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('desk, newer\n');
  });

  it('is no conflict if the file is an edit of the synced version', async () => {
    const { laptop, merge } = await merging();
    await laptop.sync.resolve(silent, { paths: ['n/a.md'], choice: 'theirs' });
    await laptop.write('n/a.md', 'desk, edited here\n');
    await expect(laptop.sync.merges.finish(silent, merge)).rejects.toMatchObject({ code: 'no_conflict' });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 1 });
  });
});

describe('an aborted merge', () => {
  it('restores the file byte for byte, and keeps the unfinished result in a backup', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const [base, theirs] = ['base\r\n', 'desk\r\n'];
    const mine = Buffer.from('\uFEFFlaptop  \r\nno line end');
    await desk.write('n/a.md', base);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/a.md', theirs);
    await desk.push();
    await laptop.write('n/a.md', mine, 0o600);
    await laptop.pull();
    const { path, revision, ancestor, mineCopy } = await laptop.sync.merges.start(silent, 'n/a.md');
    const merge = { path, revision, ancestor, mineCopy, theirs: createHash('sha256').update(theirs).digest('hex') };
    for (const unfinished of [marked, base]) {
      await laptop.write('n/a.md', unfinished);
      const backup = await laptop.sync.merges.abort(silent, merge);
      expect(await readFile(laptop.path('n/a.md'))).toEqual(mine);
      expect(await readFile(join(backup ?? '', 'n/a.md'), 'utf8')).toBe(unfinished);
      expect(laptop.sync.conflicts.map((conflict) => conflict.path)).toEqual(['n/a.md']);
    }
    expect((await laptop.listing('n')).get('a.md')?.line).toContain('file 600');
    expect(await laptop.sync.merges.abort(silent, merge)).toBeUndefined();
  });

  it('replaces only what its editor saved', async () => {
    const { laptop, merge, mineCopy } = await merging();
    const saved = 'half of it\n';
    await laptop.write('n/a.md', saved);
    await expect(laptop.sync.merges.abort(silent, { ...merge, mineCopy })).rejects.toMatchObject({
      code: 'not_aborted',
    });
    expect(await laptop.read('n/a.md')).toBe(saved);
    const lastSaved = createHash('sha256').update(saved).digest('hex');
    const hasUnsavedEdits = (path: string): boolean => path === 'n/a.md';
    await expect(
      laptop.sync.merges.abort(silent, { ...merge, mineCopy, lastSaved }, { hasUnsavedEdits }),
    ).rejects.toMatchObject({
      code: 'not_aborted',
    });
    expect(await laptop.read('n/a.md')).toBe(saved);
    await laptop.sync.merges.abort(silent, { ...merge, mineCopy, lastSaved });
    expect(await laptop.read('n/a.md')).toBe('laptop\n');
  });
});

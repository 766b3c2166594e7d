import { chmod } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Plan, PlanDirection } from '../../src/sync/review/plan';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

function plan(machine: Machine, direction: PlanDirection, autoMerge = true): Promise<Plan> {
  return machine.sync.plan(silent, direction, { autoMerge });
}

/** Each row in short form, such as `push modify n/a`. */
function rows({ rows, folders }: Pick<Plan, 'rows' | 'folders'>): string[] {
  const all = [...rows, ...folders.flatMap((folder) => folder.rows)];
  return all.map(({ direction, effect, path, from }) =>
    [direction ?? '-', effect, ...(from === undefined ? [] : [from]), path].join(' '),
  );
}

const lines = (...changed: string[]) =>
  ['one', 'two', 'three', 'four', 'five'].map((line) => (changed.includes(line) ? `${line}!` : line)).join('\n') + '\n';

describe('a plan', () => {
  it('of a push shows the changes, and makes none of them', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b', 'n/c': 'c', 'n/d': 'dd' });
    await desk.write('n/a', 'changed');
    await desk.delete('n/b');
    await desk.write('n/new', 'new');
    await chmod(desk.path('n/c'), 0o600);
    await desk.rename('n/d', 'n/moved');
    const before = await desk.listing();
    const found = await plan(desk, 'push');
    expect(found).toMatchObject({ direction: 'push', revision: 1, folders: [] });
    expect(rows(found)).toEqual([
      'push modify n/a',
      'push delete n/b',
      'push mode n/c',
      'push rename n/d n/moved',
      'push add n/new',
    ]);
    expect(found.rows[3]).toMatchObject({ before: { path: 'n/d' }, after: { path: 'n/moved' } });
    expectSame(await desk.listing(), before);
    expect((await desk.client.files(fixture.tree, 0)).revision).toBe(1);
    expect(desk.sync.state.counts.outgoing).toBe(5);
    expect(rows(await plan(desk, 'pull'))).toEqual([]);
  });

  it('of a pull shows the changes, with a renamed folder as one', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/f/a': 'first', 'n/f/b': 'second', 'n/c': 'c' });
    await desk.rename('n/f', 'n/g');
    await desk.write('n/c', 'changed');
    await desk.push(true);
    const before = await laptop.listing();
    const found = await plan(laptop, 'pull');
    expect(found.revision).toBe(2);
    expect(found.rows.map(({ path, effect }) => `${effect} ${path}`)).toEqual(['modify n/c']);
    expect(found.folders).toMatchObject([{ from: 'n/f', to: 'n/g', direction: 'pull' }]);
    expect(rows({ rows: [], folders: found.folders })).toEqual(['pull rename n/f/a n/g/a', 'pull rename n/f/b n/g/b']);
    expectSame(await laptop.listing(), before);
    expect(laptop.sync.state.counts.incoming).toBe(3);
  });

  it('of both shows the changes of both, the conflicts, and the merges of a pull', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': lines(), 'n/b': lines(), 'n/c': 'c', 'n/d': 'd' });
    await desk.write('n/a', lines('one'));
    await desk.write('n/b', lines('one'));
    await desk.write('n/c', 'changed there');
    await desk.push();
    await laptop.write('n/a', lines('five'));
    await laptop.write('n/b', lines().replace('one', 'eins'));
    await laptop.write('n/d', 'changed here');
    const found = await plan(laptop, 'sync');
    expect(rows(found)).toEqual(['pull merge n/a', '- conflict n/b', 'pull modify n/c', 'push modify n/d']);
    expect(rows(await plan(laptop, 'sync', false))).toContain('- conflict n/a');
    expect(await laptop.read('n/a')).toBe(lines('five'));
    await laptop.pull(false, { autoMerge: true });
    expect(await laptop.read('n/a')).toBe(lines('one', 'five'));
  });

  it('names a revision that has the version from which both sides of a conflict came, also after later pulls', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b' });
    const baseOf = async (): Promise<unknown> =>
      (await plan(laptop, 'sync')).rows.find(({ path }) => path === 'n/a')?.base;
    await desk.write('n/b', 'second');
    await desk.push();
    await laptop.pull();
    await desk.write('n/a', 'there');
    await desk.push();
    await laptop.write('n/a', 'here');
    expect(await baseOf()).toBe(2);
    await laptop.pull();
    await desk.write('n/a', 'there, once more');
    await desk.push();
    await laptop.pull();
    expect(laptop.sync.state.revision).toBe(4);
    expect(await baseOf()).toBe(2);
  });

  it('of a first pull shows the files, and tracks none of them', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a', 'desk');
    await desk.write('n/b', 'desk');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.write('n/a', 'laptop');
    expect(rows(await plan(laptop, 'pull'))).toEqual(['- conflict n/a', 'pull add n/b']);
    expect([...laptop.sync.trackedPaths]).toEqual([]);
    await laptop.write('n/other', 'not tracked');
    expect(rows(await plan(laptop, 'push'))).not.toContain('push add n/other');
  });

  it('shows problems with their reasons', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'a' });
    await desk.write('n/back\\slash', 'x');
    const found = await plan(desk, 'push');
    expect(rows(found)).toEqual(['- problem n/back\\slash']);
    expect(found.rows[0]?.problem).toBeDefined();
  });
});

describe('a change that the user leaves out of a plan', () => {
  const only = (...paths: string[]) => ({ only: new Set(paths) });

  it('of a push stays pending, and the pushed revision has the message', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b' });
    await desk.write('n/a', 'changed');
    await desk.write('n/b', 'changed');
    await desk.write('n/since', 'created after the review');
    const result = await desk.push(false, { ...only('n/a'), message: 'the first half' });
    expect(result).toMatchObject({ put: 1, revision: 2 });
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 2, incoming: 0 });
    expect((await desk.client.revision(fixture.tree, 2)).revision.message).toBe('the first half');
    await laptop.pull();
    expect(await laptop.read('n/b')).toBe('b');
    expect(await desk.push()).toMatchObject({ put: 2 });
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('of a pull is applied by the next one', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b', 'n/c': 'c', 'n/d': 'd' });
    await desk.write('n/a', 'changed');
    await desk.write('n/b', 'changed');
    await desk.delete('n/c');
    await desk.write('n/new', 'new');
    await desk.push();
    const result = await laptop.pull(false, only('n/a'));
    expect(result).toMatchObject({ written: 1, deleted: 0, skipped: [], revision: 2 });
    expect([await laptop.read('n/a'), await laptop.read('n/b'), await laptop.read('n/c')]).toEqual([
      'changed',
      'b',
      'c',
    ]);
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 3, outgoing: 0, conflicts: 0 });
    expect(rows(await plan(laptop, 'pull'))).toEqual(['pull modify n/b', 'pull delete n/c', 'pull add n/new']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 2, deleted: 1 });
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('of a pull is not merged', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': lines() });
    await desk.write('n/a', lines('one'));
    await desk.push();
    await laptop.write('n/a', lines('five'));
    const result = await laptop.pull(false, { ...only('n/b'), autoMerge: true });
    expect(result).toMatchObject({ merged: [], conflicts: ['n/a'] });
  });

  it('takes with it the whole replacement of a file by a folder, in both directions', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a file', 'n/b': 'b' });
    await desk.delete('n/a');
    await desk.write('n/a/inside', 'a folder');
    await desk.write('n/b', 'changed');
    expect(await desk.push(false, only('n/a/inside', 'n/b'))).toMatchObject({ put: 1, deleted: 0 });
    await desk.push();
    expect(await laptop.pull(false, only('n/a/inside', 'n/b'))).toMatchObject({ written: 1, deleted: 0 });
    expect(await laptop.read('n/a')).toBe('a file');
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });
});

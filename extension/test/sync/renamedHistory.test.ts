import { describe, expect, it } from 'vitest';
import { pushModes } from '../support/pushModes';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** The versions of a file, newest first, as `r2 path`, or `r2 path < earlier path` for a rename. */
async function versionsOf({ sync }: Machine, path: string): Promise<string[]> {
  const { versions } = await sync.history.versions(path);
  return versions.map(({ revision, path, renamedFrom, entry }) =>
    [`r${revision} ${path}`, ...(entry === null ? ['deleted'] : []), ...(renamedFrom ? [`< ${renamedFrom}`] : [])].join(
      ' ',
    ),
  );
}

async function edit(machine: Machine, path: string, content: string): Promise<void> {
  await machine.write(path, content);
  await machine.push();
}

describe('the history of a renamed file', () => {
  it('continues under its earlier names', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/other': 'other' });
    await edit(desk, 'n/a', 'two');
    await desk.rename('n/a', 'n/b');
    await desk.push();
    await edit(desk, 'n/b', 'three');
    await desk.rename('n', 'm');
    await desk.push();
    await laptop.pull(true);
    const expected = ['r5 m/b < n/b', 'r4 n/b', 'r3 n/b < n/a', 'r2 n/a', 'r1 n/a'];
    expect(await versionsOf(laptop, 'm/b')).toEqual(expected);
  });

  it('does not mix two files with one content', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/x/a': 'same', 'n/y/a': 'same', 'n/keep': 'k' });
    await edit(desk, 'n/y/a', 'edited');
    await edit(desk, 'n/y/a', 'same');
    await desk.rename('n/x', 'n/x2');
    await desk.rename('n/y', 'n/y2');
    await desk.push();
    expect(await versionsOf(desk, 'n/x2/a')).toEqual(['r4 n/x2/a < n/x/a', 'r1 n/x/a']);
    expect(await versionsOf(desk, 'n/y2/a')).toEqual(['r4 n/y2/a < n/y/a', 'r3 n/y/a', 'r2 n/y/a', 'r1 n/y/a']);
  });

  it('ends at a file that was deleted and has nothing in common', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': '', 'n/c': 'c' });
    await desk.delete('n/a');
    await desk.delete('n/b');
    await desk.write('n/new', 'another');
    await desk.write('n/empty', '');
    await desk.push();
    expect(await versionsOf(desk, 'n/new')).toEqual(['r2 n/new']);
    expect(await versionsOf(desk, 'n/empty')).toEqual(['r2 n/empty']);
  });

  it('comes to an end for a file that was renamed back and forth', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/c': 'c' });
    for (const [from, to] of [
      ['n/a', 'n/b'],
      ['n/b', 'n/a'],
    ] as const) {
      await desk.rename(from, to);
      await desk.push();
    }
    expect(await versionsOf(desk, 'n/a')).toEqual(['r3 n/a < n/b', 'r2 n/b < n/a', 'r1 n/a']);
  });

  it('is known before the rename is pushed, even of an edited file', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/d': 'd' });
    await desk.write('alone', 'alone');
    await desk.sync.track(['alone']);
    await desk.push();
    await desk.rename('n/a', 'n/b');
    await desk.rename('alone', 'moved');
    await desk.write('moved', 'moved and edited');
    await desk.sync.rescan(silent);
    expect(await versionsOf(desk, 'n/b')).toEqual(['r1 n/a']);
    expect(await versionsOf(desk, 'moved')).toEqual(['r2 alone']);
    await desk.rename('moved', 'moved again');
    await desk.sync.rescan(silent);
    expect(await versionsOf(desk, 'moved again')).toEqual(['r2 alone']);
    expect(await versionsOf(desk, 'n/never')).toEqual([]);
  });

  it('continues over the end of a page', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '0', 'n/c': 'c' });
    await pushModes(desk.client, fixture.tree, 'n/a', 51);
    await desk.pull();
    await desk.rename('n/a', 'n/b');
    await desk.push();
    const first = await desk.sync.history.versions('n/b');
    const rest = await desk.sync.history.versions('n/b', first.versions.at(-1));
    expect([first.more, rest.more]).toEqual([true, false]);
    const revisions = [...first.versions, ...rest.versions].map(({ revision }) => revision);
    expect(revisions).toEqual(Array.from({ length: 53 }, (_, index) => 53 - index));
  });
});

describe('a version from before a rename', () => {
  it('is restored to the present path', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/c': 'c' });
    await desk.rename('n/a', 'n/b');
    await desk.push();
    await edit(desk, 'n/b', 'two');
    const request = { paths: ['n/b'], revision: 1, source: 'n/a' };
    expect(await desk.sync.restore(silent, request)).toMatchObject({ written: ['n/b'], skipped: [] });
    expect(await desk.read('n/b')).toBe('one');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/b', 'n/c']);
  });

  it('is read at its earlier path', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/c': 'c' });
    await desk.rename('n/a', 'n/b');
    await desk.push();
    const versions = (await desk.sync.history.versions('n/b')).versions;
    const contents = await Promise.all(
      versions.map(({ path, revision }) => desk.sync.history.serverContent(path, revision)),
    );
    expect(contents.map((content) => Buffer.from(content).toString())).toEqual(['one', 'one']);
  });
});

it("a revision's renames are counted and shown as one", async () => {
  const [desk] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'two', 'n/c': '', 'n/d': 'd' });
  await desk.rename('n', 'm');
  await desk.write('m/d', 'edited');
  await desk.push();
  const [newest] = (await desk.sync.history.revisions()).revisions;
  expect(newest).toMatchObject({ put: 4, deleted: 4, renamed: 3 });
  const { folders, changes } = await desk.sync.history.revisionChanges(2);
  expect(folders.map(({ from, to, changes }) => [from, to, changes.length])).toEqual([]);
  expect(changes.map(({ path, renamedFrom }) => `${renamedFrom ?? ''} > ${path}`)).toEqual([
    'n/a > m/a',
    'n/b > m/b',
    'n/c > m/c',
    ' > m/d',
    ' > n/d',
  ]);
});

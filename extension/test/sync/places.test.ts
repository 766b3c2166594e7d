import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** The laptop has a file where the server has a folder, with one file that the laptop left out. */
async function fileInPlaceOfAFolder(): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.twoMachines();
  for (const path of ['n/x/a.md', 'n/x/c.md', 'n/b.md']) await desk.write(path, path);
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await laptop.sync.untrack(['n/x/a.md']);
  await laptop.delete('n/x');
  await laptop.write('n/x', 'a file now');
  await laptop.write('n/b.md', 'edited');
  return [desk, laptop];
}

describe('a file that stands where the server keeps a folder for what is left out here', () => {
  it('is a problem that says what to do, and the rest is pushed', async () => {
    const [desk, laptop] = await fileInPlaceOfAFolder();
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(laptop.sync.pathStates).toEqual(new Map([['n/x', 'problem']]));
    expect(laptop.sync.problemAt('n/x')).toMatchObject({ reason: 'server-has-folder', with: 'n/x/a.md' });
    await desk.pull();
    expect(await desk.read('n/b.md')).toBe('edited');
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/x/c.md']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('is shown as soon as it is there, and goes away with its cause', async () => {
    const [, laptop] = await fileInPlaceOfAFolder();
    await laptop.sync.rescan(silent);
    expect(laptop.sync.pathStates.get('n/x')).toBe('problem');
    await laptop.rename('n/x', 'n/y');
    expect(await laptop.push()).toMatchObject({ put: 2, deleted: 1 });
    expect(laptop.sync.pathStates).toEqual(new Map());
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/y']);
  });

  it('does not keep a force push from the rest either', async () => {
    const [, laptop] = await fileInPlaceOfAFolder();
    const told: string[] = [];
    await laptop.sync.forcePush(silent, ({ added, replaced, deleted }) => {
      told.push(...added, ...replaced, ...deleted);
      return Promise.resolve(true);
    });
    expect(told).toEqual(['n/b.md']);
    expect(laptop.sync.pathStates).toEqual(new Map([['n/x', 'problem']]));
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/x/c.md']);
  });

  it('is a conflict to be decided when that is tracked again', async () => {
    const [, laptop] = await fileInPlaceOfAFolder();
    await laptop.push();
    await laptop.sync.track(['n/x/a.md']);
    expect(laptop.sync.conflicts.map(({ path }) => path)).toContain('n/x');
    await laptop.sync.resolve(silent, { paths: ['n/x'], choice: 'mine' });
    await laptop.push(true);
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x']);
  });
});

it('what lies in a folder where the server keeps a file that is left out here is a problem, and no more', async () => {
  const [desk, laptop] = await fixture.twoMachines();
  for (const path of ['n/x', 'n/b.md']) await desk.write(path, path);
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await laptop.sync.untrack(['n/x']);
  await laptop.delete('n/x');
  await laptop.write('n/x/a.md', 'in a folder now');
  await laptop.sync.track(['n/x/a.md']);
  await laptop.write('n/b.md', 'edited');
  expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
  expect(laptop.sync.pathStates).toEqual(new Map([['n/x/a.md', 'problem']]));
  expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x']);
});

import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** The laptop has a file where the server has a folder with a file that is untracked on the laptop. */
async function fileAtFolderOfServer(): Promise<[Machine, Machine]> {
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

describe('a file at the path of a server folder that contains an untracked file', () => {
  it('is a problem with a reason, and all other changes are pushed', async () => {
    const [desk, laptop] = await fileAtFolderOfServer();
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(laptop.sync.pathStates).toEqual(new Map([['n/x', 'problem']]));
    expect(laptop.sync.problemAt('n/x')).toMatchObject({ reason: 'server-has-folder', with: 'n/x/a.md' });
    await desk.pull();
    expect(await desk.read('n/b.md')).toBe('edited');
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/x/c.md']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('is shown after a scan, until its cause is removed', async () => {
    const [, laptop] = await fileAtFolderOfServer();
    await laptop.sync.rescan(silent);
    expect(laptop.sync.pathStates.get('n/x')).toBe('problem');
    await laptop.rename('n/x', 'n/y');
    expect(await laptop.push()).toMatchObject({ put: 2, deleted: 1 });
    expect(laptop.sync.pathStates).toEqual(new Map());
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/y']);
  });

  it('does not stop a force push of the other changes', async () => {
    const [, laptop] = await fileAtFolderOfServer();
    const confirmed: string[] = [];
    await laptop.sync.forcePush(silent, ({ added, replaced, deleted }) => {
      confirmed.push(...added, ...replaced, ...deleted);
      return Promise.resolve(true);
    });
    expect(confirmed).toEqual(['n/b.md']);
    expect(laptop.sync.pathStates).toEqual(new Map([['n/x', 'problem']]));
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x/a.md', 'n/x/c.md']);
  });

  it('is a conflict once that file is tracked again', async () => {
    const [, laptop] = await fileAtFolderOfServer();
    await laptop.push();
    await laptop.sync.track(['n/x/a.md']);
    expect(laptop.sync.conflicts.map(({ path }) => path)).toContain('n/x');
    await laptop.sync.resolve(silent, { paths: ['n/x'], choice: 'mine' });
    await laptop.push(true);
    expect(await fixture.pathsOnServer()).toEqual(['n/b.md', 'n/x']);
  });
});

it('a file below the path of an untracked file of the server is a problem, and nothing else is one', async () => {
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

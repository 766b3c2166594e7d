import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { NameRules } from '../../src/core/filenames/nameRules';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Name rules of the laptop. The disk itself accepts all names, so the tests show what Palmtree does. */
const mac: NameRules = { foldsCase: true, normalizes: true, windows: false };
const windows: NameRules = { foldsCase: true, normalizes: false, windows: true };

async function twoMachines(nameRules: NameRules): Promise<[Machine, Machine]> {
  return [await fixture.machine(), await fixture.machine({ nameRules })];
}

function problems(machine: Machine): string[] {
  return [...machine.sync.pathStates].flatMap(([path, state]) => (state === 'problem' ? [path] : []));
}

/** A path of this many bytes, in folders of 200. */
function longPath(start: string, bytes: number): string {
  let path = start;
  while (path.length < bytes) path += `/${'x'.repeat(Math.min(200, bytes - path.length - 1) || 1)}`;
  return path;
}

describe('very long paths', () => {
  it('are pushed and pulled together, as far as the disks can store them', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const paths = Array.from({ length: 60 }, (_, number) => longPath(`n/${number}`, 1_900 + 30 * number));
    for (const path of paths) await desk.write(path, `content of ${path.length}`);
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 60, skipped: [] });
    expect(await laptop.pull()).toMatchObject({ written: 60, skipped: [] });
    for (const path of paths) expect(await laptop.read(path)).toBe(`content of ${path.length}`);
  });
});

describe('a name that this disk cannot store', () => {
  it('is a problem of that path alone, and the other path stays in sync', async () => {
    const [desk, laptop] = await twoMachines(mac);
    await desk.write('n/a.md', 'small');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/A.md', 'big');
    await desk.write('n/b', 'b');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 1, deleted: 0, skipped: [], conflicts: [] });
    expect(await readdir(laptop.path('n'))).toEqual(['a.md', 'b']);
    expect(problems(laptop)).toEqual(['n/A.md']);
    expect(laptop.sync.problemAt('n/A.md')).toMatchObject({ reason: 'same-but-case', with: 'n/a.md' });
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, problems: 1 });

    await laptop.write('n/a.md', 'small, edited');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/A.md', 'n/a.md', 'n/b']);
    await desk.pull();
    expect([await desk.read('n/a.md'), await desk.read('n/A.md')]).toEqual(['small, edited', 'big']);
  });

  it('stays a problem after scans, until its cause is removed', async () => {
    const [desk, laptop] = await twoMachines(mac);
    for (const name of ['a', 'A', 'b']) await desk.write(`n/${name}`, name);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    expect(problems(laptop)).toEqual(['n/a']);
    await laptop.sync.rescan(silent);
    expect(problems(laptop)).toEqual(['n/a']);
    await laptop.write('n/b', 'edited');
    await reportChanges(laptop, ['n/b'], 'n/b', 'modified');
    expect(problems(laptop)).toEqual(['n/a']);
    await laptop.write('n/c', 'new');
    await reportChanges(laptop, ['n', 'n/a'], 'n/c', 'added');
    expect(problems(laptop)).toEqual(['n/a']);

    await desk.rename('n/A', 'n/other');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 2, deleted: 1 });
    expect(problems(laptop)).toEqual([]);
    expect((await readdir(laptop.path('n'))).sort()).toEqual(['a', 'b', 'c', 'other']);
  });

  it('is not deleted on the server by a push or a force push', async () => {
    const [desk, laptop] = await twoMachines(windows);
    for (const name of ['a', 'A', 'aux.txt', 'x/con/b', 'x/c']) await desk.write(`n/${name}`, name);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    expect(problems(laptop).sort()).toEqual(['n/a', 'n/aux.txt', 'n/x/con']);
    await laptop.write('n/x/c', 'edited');
    const confirmed: string[] = [];
    await laptop.sync.forcePush(silent, ({ deleted }) => {
      confirmed.push(...deleted);
      return Promise.resolve(true);
    });
    expect(confirmed).toEqual([]);
    await laptop.write('n/x/c', 'edited again');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/A', 'n/a', 'n/aux.txt', 'n/x/c', 'n/x/con/b']);
    expect(problems(laptop).sort()).toEqual(['n/a', 'n/aux.txt', 'n/x/con']);
  });

  it('is no problem once it is untracked', async () => {
    const [desk, laptop] = await twoMachines(windows);
    for (const name of ['nul', 'b']) await desk.write(`n/${name}`, name);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await laptop.sync.untrack(['n/nul']);
    expect(problems(laptop)).toEqual([]);
    await laptop.write('n/b', 'edited');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/b', 'n/nul']);
  });

  it('keeps a folder with a conflict from being renamed by case, and nothing is deleted', async () => {
    const [desk, laptop] = await twoMachines(mac);
    for (const name of ['d/a', 'd/b']) await desk.write(`n/${name}`, name);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.rename('n/d', 'n/D');
    await desk.push();
    await laptop.write('n/d/b', 'edited here');
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0, conflicts: ['n/d/b'] });
    expect(problems(laptop)).toEqual(['n/D']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.read('n/d/a')).toBe('d/a');
    expect(await fixture.pathsOnServer()).toEqual(['n/D/a', 'n/D/b']);
  });
});

/** Reports file events to the machine, and resolves when it shows `path` in `state`. */
async function reportChanges({ sync }: Machine, hints: readonly string[], path: string, state: string): Promise<void> {
  const shown = new Promise<void>((resolve) => {
    const listener = sync.onDidChangeState(() => {
      if (sync.pathStates.get(path) !== state) return;
      listener.dispose();
      resolve();
    });
  });
  sync.onFileEvents(hints);
  await shown;
}

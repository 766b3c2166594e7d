import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultExclude, excludedPatterns } from '../../src/core/tracking/excludeSetting';
import { isMountAllowed } from '../support/disks/smallDisk';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pushedPaths(machine: Machine): Promise<string[]> {
  await machine.push();
  return fixture.pathsOnServer();
}

describe('the default exclude patterns', () => {
  it('keep litter and the settings of this machine from being pushed, unless they are tracked by name', async () => {
    const desk = await fixture.machine({ exclude: excludedPatterns(defaultExclude) });
    for (const path of ['a', '.a.swp', '#a#', 'a~', '~$a.docx', 'n/.DS_Store', 'n/x.tmp', 'n/kept.tmp']) {
      await desk.write(path, path);
    }
    await desk.write('.vscode/settings.json', '{ "palmtree.tree": "notes" }');
    await desk.write('.vscode/tasks.json', '{}');
    await desk.sync.track(['']);
    await desk.sync.track(['n/kept.tmp']);
    expect(await pushedPaths(desk)).toEqual(['.vscode/tasks.json', 'a', 'n/kept.tmp']);
    await desk.sync.track(['.vscode/settings.json']);
    expect(await pushedPaths(desk)).toContain('.vscode/settings.json');
  });

  it('keep a pull from bringing the settings of another machine', async () => {
    const [desk, laptop] = await fixture.twoMachines({ exclude: excludedPatterns(defaultExclude) });
    await laptop.write('a', 'a');
    for (const path of ['.vscode/settings.json', 'sub/.vscode/settings.json']) await laptop.write(path, '{}');
    await laptop.sync.track(['', '.vscode/settings.json', 'sub/.vscode/settings.json']);
    expect(await laptop.push()).toMatchObject({ put: 3 });
    await desk.write('.vscode/settings.json', '{ "palmtree.tree": "mine" }');
    expect(await desk.pull()).toMatchObject({ written: 1, conflicts: [], skipped: [] });
    expect(await desk.read('.vscode/settings.json')).toContain('mine');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('delete nothing elsewhere that was synced before they were set', async () => {
    let exclude: readonly string[] = [];
    const [desk, laptop] = await fixture.twoMachines({ exclude: () => exclude });
    for (const path of ['n/a', 'n/x.tmp', 'n/y.tmp']) await desk.write(path, path);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    exclude = excludedPatterns(defaultExclude);
    await desk.delete('n/x.tmp');
    await desk.write('n/y.tmp', 'edited');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    await laptop.write('n/y.tmp', 'edited on the laptop');
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
    expect(await laptop.read('n/x.tmp')).toBe('n/x.tmp');
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/x.tmp', 'n/y.tmp']);
    exclude = [];
    // The file that was edited here meanwhile is compared anew.
    expect(await desk.pull()).toMatchObject({ written: 1, deleted: 0, conflicts: ['n/y.tmp'] });
    expect(await desk.read('n/x.tmp')).toBe('n/x.tmp');
  });
});

describe("Palmtree's own storage", () => {
  /** A machine whose whole folder is tracked, like a home folder, with its storage at `path` in it. */
  async function home(path: string): Promise<Machine> {
    const root = await mkdtemp(join(await tmp(), 'home-'));
    const desk = await fixture.machine({ root, storage: join(root, path) });
    await desk.write('a', 'a');
    await desk.sync.track(['']);
    return desk;
  }

  async function tmp(): Promise<string> {
    const base = await mkdtemp(join(process.env['TMPDIR'] ?? '/tmp', 'palmtree-own-'));
    cleanups.push(() => rm(base, { recursive: true, force: true }));
    return base;
  }

  it.each(['.config/Code/User/workspaceStorage/1a2b/palmtree.palmtree-sync', 'data/any name'])(
    'is not synced where it is in the tracked folder, at %s',
    async (storage) => {
      const desk = await home(storage);
      await desk.write(`${storage}/backups/1/a`, 'a backup');
      await desk.write('.config/Code/User/settings.json', '{}');
      expect(await pushedPaths(desk)).toEqual(['.config/Code/User/settings.json', 'a']);
      await desk.sync.track([storage, `${storage}/backups/1/a`]);
      desk.sync.onFileEvents([`${storage}/palmtree.db`]);
      await desk.sync.rescan(silent);
      expect(await pushedPaths(desk)).toEqual(['.config/Code/User/settings.json', 'a']);
    },
  );

  it('of another window or another VS Code is not synced either, and not pulled', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const others = ['workspaceStorage/9/palmtree.palmtree-sync/palmtree.db', 'globalStorage/palmtree.palmtree-sync/x'];
    for (const path of ['a', ...others.map((other) => `.vscode-server/data/User/${other}`)])
      await desk.write(path, path);
    await desk.sync.track(['']);
    expect(await pushedPaths(desk)).toEqual(['a']);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
  });

  it('is not synced if the tracked folder lies in it', async () => {
    const storage = join(await tmp(), 'storage');
    await mkdir(join(storage, 'backups'), { recursive: true });
    const desk = await fixture.machine({ root: join(storage, 'backups'), storage });
    await desk.write('1/a', 'a backup');
    await desk.sync.track(['']);
    expect(await pushedPaths(desk)).toEqual([]);
  });

  it('is not deleted elsewhere if it was synced before, under another name', async () => {
    const root = await mkdtemp(join(await tmp(), 'home-'));
    const former = await fixture.machine({ root });
    await former.write('data/any name/backups/1/a', 'a backup');
    await former.sync.track(['']);
    expect(await pushedPaths(former)).toEqual(['data/any name/backups/1/a']);
    const { storage } = former;
    await former.close();
    execFileSync('cp', ['-a', `${storage}/.`, join(root, 'data/any name')]);
    const desk = await fixture.machine({ root, storage: join(root, 'data/any name') });
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['data/any name/backups/1/a']);
  });

  it(`is not synced through ${isMountAllowed() ? 'a bind mount' : 'a link'}`, async () => {
    const desk = await fixture.machine();
    await desk.write('a', 'a');
    await mkdir(desk.path('copy'));
    if (isMountAllowed()) {
      execFileSync('mount', ['--bind', desk.storage, desk.path('copy')]);
      cleanups.push(() => execFileSync('umount', [desk.path('copy')]));
    } else {
      await rm(desk.path('copy'), { recursive: true });
      execFileSync('ln', ['-s', desk.storage, desk.path('copy')]);
    }
    await desk.sync.track(['']);
    expect(await pushedPaths(desk)).toEqual(['a']);
  });
});

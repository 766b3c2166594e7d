import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

async function modeOf(machine: Machine, path: string): Promise<string> {
  return ((await lstat(machine.path(path))).mode & 0o777).toString(8);
}

/** Makes the machine's folder look as on exFAT: each file has the mode 0777. */
async function forgetModes(machine: Machine, folder = 'n'): Promise<void> {
  for (const name of await readdir(machine.path(folder))) await chmod(machine.path(`${folder}/${name}`), 0o777);
}

describe('a private folder', () => {
  async function privateFolder() {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/open/a', 'open', 0o644);
    await desk.write('n/private/deep/key', 'secret', 0o644);
    await desk.write('n/private/run', '#!', 0o755);
    await chmod(desk.path('n/private'), 0o700);
    await desk.sync.track(['n']);
    return [desk, laptop] as const;
  }

  it('keeps others from its files on other machines too', async () => {
    const [desk, laptop] = await privateFolder();
    await desk.push();
    await laptop.pull();
    const modes = ['n/private', 'n/private/deep/key', 'n/private/run', 'n/open/a'].map((path) => modeOf(laptop, path));
    expect(await Promise.all(modes)).toEqual(['700', '600', '700', '644']);
    expect(await modeOf(desk, 'n/private/deep/key')).toBe('644');
    for (const machine of [desk, laptop]) {
      await machine.sync.rescan(silent);
      expect(machine.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
    }
  });

  it('changes no file that is pulled into it', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/p/a', 'one', 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await chmod(laptop.path('n/p'), 0o700);
    await desk.write('n/p/a', 'two', 0o644);
    await desk.write('n/p/b', 'new', 0o755);
    await desk.push();
    await laptop.pull();
    expect([await modeOf(laptop, 'n/p/a'), await modeOf(laptop, 'n/p/b')]).toEqual(['644', '755']);
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('that is opened gives its files their own modes', async () => {
    const [desk, laptop] = await privateFolder();
    await desk.push();
    await laptop.pull();
    await chmod(desk.path('n/private'), 0o755);
    expect(await desk.push()).toMatchObject({ put: 2, deleted: 0 });
    await laptop.pull();
    expect(await modeOf(laptop, 'n/private/deep/key')).toBe('644');
  });

  it('is compared with an equal tree without a conflict', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const machine of [desk, laptop]) await machine.write('n/p/a', 'one', 0o644);
    await chmod(laptop.path('n/p'), 0o700);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.sync.track(['n']);
    await laptop.pull();
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
  });
});

describe('a machine whose disk keeps no modes', () => {
  it('has no changes after a pull, and an edit there leaves the modes elsewhere as they are', async () => {
    const desk = await fixture.machine();
    const stick = await fixture.machine({ modes: () => 'ignore' });
    await desk.write('n/key', 'secret', 0o600);
    await desk.write('n/run', '#!', 0o755);
    await desk.sync.track(['n']);
    await desk.push();
    await stick.pull();
    await forgetModes(stick);
    await stick.sync.rescan(silent);
    expect(stick.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0 });

    await stick.write('n/key', 'secret 2', 0o777);
    await stick.rename('n/run', 'n/renamed');
    await stick.write('n/new', 'new', 0o777);
    await stick.push();
    await desk.pull();
    expect([await desk.read('n/key'), await modeOf(desk, 'n/key')]).toEqual(['secret 2', '600']);
    expect([await modeOf(desk, 'n/renamed'), await modeOf(desk, 'n/new')]).toEqual(['755', '644']);
  });

  it('gets a change of a mode without a change of its file, and sends none back', async () => {
    const desk = await fixture.machine();
    const stick = await fixture.machine({ modes: () => 'ignore' });
    await desk.write('n/run', '#!', 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await stick.pull();
    await forgetModes(stick);
    await chmod(desk.path('n/run'), 0o755);
    await desk.push();
    await stick.pull();
    expect(await modeOf(stick, 'n/run')).toBe('777');
    expect(await stick.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await modeOf(desk, 'n/run')).toBe('755');
  });

  it('has no changes of modes while the setting ignores them, even of modes observed before', async () => {
    let modes: 'keep' | 'ignore' = 'keep';
    const desk = await fixture.machine();
    const stick = await fixture.machine({ modes: () => modes });
    await desk.write('n/key', 'secret', 0o600);
    await desk.sync.track(['n']);
    await desk.push();
    await stick.pull();
    await forgetModes(stick);
    await stick.sync.rescan(silent);
    expect(stick.sync.state.counts).toMatchObject({ outgoing: 1 });
    modes = 'ignore';
    await stick.sync.rescan(silent);
    expect(stick.sync.state.counts).toMatchObject({ outgoing: 0 });
    modes = 'keep';
    await stick.sync.rescan(silent);
    expect(stick.sync.state.counts).toMatchObject({ outgoing: 1 });
  });
});

describe('a folder that a pull creates', () => {
  it('gives no access to users who may not read its files', async () => {
    const [desk, laptop] = [await fixture.machine(), await fixture.machine()];
    await desk.write('n/private/deep/key', 'secret', 0o600);
    await desk.write('n/team/plan', 'plan', 0o640);
    await desk.write('n/mixed/key', 'secret', 0o600);
    await desk.write('n/mixed/page', 'page', 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await chmod(laptop.root, 0o755);
    await laptop.pull();
    const folders = ['n', 'n/private', 'n/private/deep', 'n/team', 'n/mixed'];
    const modes = await Promise.all(folders.map((path) => modeOf(laptop, path)));
    expect(modes).toEqual(['755', '700', '700', '750', '755']);
  });

  it('is no wider than the folder above it, and an existing one keeps its mode', async () => {
    const [desk, laptop] = [await fixture.machine(), await fixture.machine()];
    await desk.write('n/a/page', 'page', 0o644);
    await desk.sync.track(['n']);
    await desk.push();
    await mkdir(laptop.path('n'), { mode: 0o700 });
    await laptop.pull();
    expect([await modeOf(laptop, 'n'), await modeOf(laptop, 'n/a')]).toEqual(['700', '700']);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Machine, silent } from '../sync/machine';
import type { CommandLine } from './commandLine';
import { commandLineFixture } from './fixture';

const fixture = commandLineFixture();
const opened: Machine[] = [];
const storages: string[] = [];

afterEach(async () => {
  for (const machine of opened.splice(0)) await machine.close();
  for (const storage of storages.splice(0)) await rm(storage, { recursive: true, force: true });
});

/** Opens the folder as VS Code does: with a storage of its own. */
async function inVSCode({ root }: CommandLine): Promise<Machine> {
  const storage = await mkdtemp(join(tmpdir(), 'palmtree-storage-'));
  storages.push(storage);
  const { url, token } = fixture.server;
  const machine = await Machine.open({ url, token, tree: fixture.tree, root, storage });
  opened.push(machine);
  return machine;
}

describe('a folder that the command line and VS Code share', () => {
  it('is in step in VS Code after a push by the command line, with nothing transferred', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a', 'a');
    await desk.write('n/b', 'b');
    await desk.events(['track', 'n']);
    await desk.events(['push']);
    const machine = await inVSCode(desk);
    expect(await machine.pull()).toMatchObject({ written: 0, deleted: 0, conflicts: [], skipped: [] });
    expect(machine.sync.state).toMatchObject({ kind: 'idle', revision: 1, counts: { outgoing: 0, incoming: 0 } });
    await desk.write('n/a', 'edited');
    await desk.events(['push']);
    await machine.sync.rescan(silent);
    expect(machine.sync.state).toMatchObject({ kind: 'idle', counts: { outgoing: 0, incoming: 0, conflicts: 0 } });
    expect(await machine.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(machine.screen + machine.packs).toBe('0');
  });

  it('is in step on the command line after a push and a pull in VS Code, with nothing transferred', async () => {
    const desk = await fixture.machine();
    const machine = await inVSCode(desk);
    await machine.write('n/a', 'a');
    await machine.sync.track(['n']);
    await machine.push();
    const pulled = await desk.events(['pull']);
    expect(pulled.at(-1)).toMatchObject({ event: 'pulled', written: 0, conflicts: [] });
    await machine.write('n/a', 'edited');
    await machine.write('n/c', 'c');
    await machine.push();
    const synced = await desk.events(['sync']);
    expect(synced.find(({ event }) => event === 'pulled')).toMatchObject({ written: 0, conflicts: [], revision: 2 });
    expect(synced.find(({ event }) => event === 'pushed')).toMatchObject({ put: 0, deleted: 0, revision: 2 });
    expect([...pulled, ...synced].map(({ step }) => step)).not.toContain('receiving');
    expect((await desk.run(['status'])).stdout).toContain('Up to date: 2 files.');
  });
});

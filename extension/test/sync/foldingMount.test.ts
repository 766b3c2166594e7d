import { mkdir, readdir, rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ExfatDisk } from '../support/disks/exfatDisk';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const disks: ExfatDisk[] = [];

afterEach(() => {
  for (const disk of disks.splice(0)) disk.remove();
});

/** The laptop has an exFAT disk at `n/stick`. */
async function machines(): Promise<{ desk: Machine; laptop: Machine; disk: ExfatDisk }> {
  const [desk, laptop] = await fixture.twoMachines();
  const disk = new ExfatDisk();
  disks.push(disk);
  await mkdir(laptop.path('n/stick'), { recursive: true });
  disk.mount(laptop.path('n/stick'));
  return { desk, laptop, disk };
}

async function pushed(desk: Machine, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) await desk.write(path, content);
  await desk.sync.track(['n']);
  await desk.push();
}

function problems({ sync }: Machine): string[] {
  return [...sync.pathStates].flatMap(([path, state]) => (state === 'problem' ? [path] : [])).sort();
}

// Needs root, exfatprogs and exfat-fuse.
describe.skipIf(!ExfatDisk.canBeMounted)('a mounted disk that ignores case', () => {
  it('gets one of two files whose names differ in case, and the other is a problem', async () => {
    const { desk, laptop } = await machines();
    await pushed(desk, { 'n/stick/A.md': 'upper', 'n/stick/a.md': 'lower', 'n/A.md': 'upper', 'n/a.md': 'lower' });
    expect(await laptop.pull()).toMatchObject({ written: 3, skipped: [] });
    expect(problems(laptop)).toEqual(['n/stick/a.md']);
    expect(laptop.sync.problemAt('n/stick/a.md')).toMatchObject({ reason: 'same-but-case', with: 'n/stick/A.md' });
    expect(await readdir(laptop.path('n/stick'))).toEqual(['A.md']);
    expect(await laptop.read('n/stick/A.md')).toBe('upper');
    expect(await laptop.read('n/a.md')).toBe('lower');
    await laptop.write('n/stick/A.md', 'edited');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    await desk.pull();
    expect(await desk.read('n/stick/a.md')).toBe('lower');
  });

  it('gets one of two folders whose names differ in case', async () => {
    const { desk, laptop } = await machines();
    await pushed(desk, { 'n/stick/Docs/x': '1', 'n/stick/docs/y': '2', 'n/stick/docs/deep/z': '3' });
    expect(await laptop.pull()).toMatchObject({ written: 1, skipped: [] });
    expect(problems(laptop)).toEqual(['n/stick/docs']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it('renames a file and a folder whose names change only in case on another machine', async () => {
    const { desk, laptop } = await machines();
    await pushed(desk, { 'n/stick/plan.md': 'plan', 'n/stick/Old/x': 'x' });
    await laptop.pull();
    await desk.rename('n/stick/plan.md', 'n/stick/Plan.md');
    await desk.rename('n/stick/Old', 'n/stick/old');
    await desk.push();
    await laptop.pull();
    // The driver gives the files of a renamed folder new inode numbers, so that they look changed to the first pull.
    expect(await laptop.pull()).toMatchObject({ skipped: [], conflicts: [] });
    expect((await readdir(laptop.path('n/stick'))).sort()).toEqual(['Plan.md', 'old']);
    expect(await laptop.read('n/stick/Plan.md')).toBe('plan');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, problems: 0 });
  });

  it('follows a tracked file that is renamed by case here', async () => {
    const { desk, laptop } = await machines();
    await laptop.write('n/stick/plan.md', 'plan');
    await laptop.sync.track(['n/stick/plan.md']);
    await laptop.push();
    await rename(laptop.path('n/stick/plan.md'), laptop.path('n/stick/Plan.md'));
    await laptop.sync.rescan(silent);
    await laptop.push();
    await desk.pull();
    expect([...(await desk.listing()).keys()].filter((path) => path.endsWith('.md'))).toEqual(['n/stick/Plan.md']);
  });

  it('makes no problem any more when a disk that tells case apart takes its place', async () => {
    const { desk, laptop, disk } = await machines();
    await pushed(desk, { 'n/a.md': 'a' });
    await laptop.pull();
    disk.unmount();
    await pushed(desk, { 'n/stick/A.md': 'upper', 'n/stick/a.md': 'lower' });
    await laptop.pull(true);
    expect(problems(laptop)).toEqual([]);
    expect((await readdir(laptop.path('n/stick'))).sort()).toEqual(['A.md', 'a.md']);
  });
});

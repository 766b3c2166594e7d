import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, EventReader } from './commandLine';
import { commandLineFixture } from './fixture';

const fixture = commandLineFixture();

describe('a command', () => {
  it('is cancelled by SIGINT, and changes nothing', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a', 'a');
    await desk.events(['track', 'n']);
    const rsync = join(desk.state, 'rsync');
    const script = '#!/bin/sh\n[ "$1" = --version ] || [ -e "$0.free" ] && exec rsync "$@"\nexec sleep 60\n';
    await writeFile(rsync, script, { mode: 0o755 });
    await desk.events(['config', 'rsyncPath', rsync]);
    const push = desk.start(['push', '--json']);
    const reader = new EventReader(push);
    const end = ended(push);
    await reader.next('step', ({ step }) => step === 'sending');
    push.kill('SIGINT');
    expect((await end).code).toBe(130);
    await writeFile(`${rsync}.free`, '');
    expect((await desk.events(['push'])).at(-1)).toMatchObject({ put: 1, revision: 1 });
  });

  it('leaves out what the settings of the folder exclude', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a', 'a');
    await desk.write('n/b.log', 'b');
    await desk.events(['config', 'exclude', '{"*.log": true}']);
    expect((await desk.run(['config', 'modes', 'sometimes'])).code).toBe(2);
    expect(await desk.events(['track', 'n'])).toMatchObject([{ tracked: 1 }]);
  });

  it('works from a folder in the connected one, and refuses paths outside', async () => {
    const desk = await fixture.machine();
    await desk.write('n/deep/a', 'a');
    expect(await desk.events(['track', 'deep', '-C', 'n'])).toMatchObject([{ paths: ['n/deep'] }]);
    const outside = await desk.run(['track', '..']);
    expect(outside.code).toBe(2);
    expect(outside.stderr).toContain('Outside the connected folder: "..".');
    const mistyped = await desk.run(['pull', 'n', 'typo']);
    expect(mistyped.code).toBe(2);
    expect(mistyped.stderr).toContain('Nothing is tracked at "typo".');
    const checks = (await desk.events(['doctor'])).filter(({ event }) => event === 'check');
    expect(checks.every(({ ok }) => ok === true)).toBe(true);
  });
});

describe('palmtree watch', () => {
  it('pushes and pulls changes as they happen, and ends where the deletion guard stops a push', async () => {
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`n/f${i}`, `${i}`]));
    const [desk, laptop] = await fixture.synced(files);
    const watching = laptop.start(['watch', '--json']);
    const reader = new EventReader(watching);
    const end = ended(watching);
    await reader.next('watching');
    await laptop.write('n/new/deep/b', 'b');
    await reader.next('step', ({ step }) => step === 'sending');
    expect(await reader.next('pushed')).toMatchObject({ put: 1, revision: 2 });
    await desk.pull();
    expect(await desk.read('n/new/deep/b')).toBe('b');
    await desk.write('n/f1', 'edited');
    await desk.push();
    expect(await reader.next('pulled')).toMatchObject({ written: 1, revision: 3 });
    expect(await laptop.read('n/f1')).toBe('edited');
    await rm(join(laptop.root, 'n'), { recursive: true });
    expect((await end).code).toBe(5);
  });

  it('ends with Ctrl-C', async () => {
    const desk = await fixture.machine();
    const watching = desk.start(['watch', '--json']);
    const reader = new EventReader(watching);
    const end = ended(watching);
    await reader.next('watching');
    watching.kill('SIGINT');
    expect((await end).code).toBe(0);
  });
});

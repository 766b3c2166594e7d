import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildServer, runCommand } from '../childServer';
import { pushDirectly } from '../directPush';
import { temporaryFolder } from '../temporaryFolder';
import { startTestServer, type TestServer } from '../testServer';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

let bundle: string;
let server: TestServer;
let disk: string;

beforeAll(async () => {
  bundle = await buildServer();
  server = await startTestServer();
  await server.api.makeTree('t');
  await pushDirectly(server, 't', 0, { a: randomBytes(6 << 20), b: randomBytes(6 << 20), small: 'small' });
});
afterAll(() => server.stop());

const run = (...args: string[]) => runCommand(bundle, args);

/** Only root may mount a disk of its own to fill. */
describe.runIf(canMount)('on a full disk', () => {
  beforeEach(() => {
    disk = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  });
  afterEach(() => {
    execFileSync('umount', ['--lazy', disk]);
  });

  const enlarge = () => execFileSync('mount', ['-o', 'remount,size=64m', disk]);

  test('a backup fails in words and leaves nothing, and succeeds when there is room', async () => {
    const command = ['backup', join(disk, 'b'), '--data', server.dataFolder];
    const { code, stderr } = await run(...command);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^palmtree-server: The backup \S+ could not be written \(ENOSPC\)\. Check the space/);
    expect(readdirSync(disk)).toEqual([]);
    enlarge();
    expect(await run(...command)).toMatchObject({ code: 0 });
    expect(readdirSync(disk)).toEqual(['b']);
  });

  test('a restore fails in words and leaves an empty folder, and succeeds when there is room', async () => {
    const file = join(temporaryFolder(), 'b');
    expect(await run('backup', file, '--data', server.dataFolder)).toMatchObject({ code: 0 });
    const dataFolder = join(disk, 'data');
    const { code, stderr } = await run('restore', file, '--data', dataFolder);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is full. Nothing was restored.')]);
    expect(readdirSync(dataFolder)).toEqual(['server.lock']);
    enlarge();
    expect(await run('restore', file, '--data', dataFolder)).toMatchObject({ code: 0 });
    expect(await run('verify', '--data', dataFolder)).toMatchObject({ code: 0 });
  });

  test('a backup of a data folder whose own disk is full says what it needs', async () => {
    enlarge();
    const dataFolder = join(disk, 'data');
    cpSync(server.dataFolder, dataFolder, { recursive: true });
    fillDisk();
    const { code, stderr } = await run('backup', join(temporaryFolder(), 'b'), '--data', dataFolder);
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no room for a copy of the database.')]);
    rmSync(join(disk, 'filling'));
    expect(await run('backup', join(temporaryFolder(), 'b'), '--data', dataFolder)).toMatchObject({ code: 0 });
  });
});

/** Leaves no byte free. */
function fillDisk(): void {
  const file = openSync(join(disk, 'filling'), 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(1 << 20, 'x'));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runRsync } from './rsyncProcess';

it('names the command of a missing rsync', async () => {
  const running = runRsync({
    command: '/nowhere/rsync',
    args: [],
    cwd: tmpdir(),
    input: '',
    password: '',
    isSender: true,
    signal: new AbortController().signal,
    onOutput: () => undefined,
  });
  await expect(running).rejects.toMatchObject({
    code: 'rsync_missing',
    details: { rsync: { command: '/nowhere/rsync', fault: 'missing' } },
  });
});

describe.skipIf(process.platform === 'win32')('a cancelled rsync', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palmtree-rsync-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The exit of a program that ends with 20 after a SIGINT, as rsync does. */
  async function exitOf(isSender: boolean): Promise<number | NodeJS.Signals> {
    const command = join(folder, 'rsync');
    await writeFile(command, '#!/bin/sh\ntrap "exit 20" INT\necho ready\nwhile :; do sleep 0.05; done\n', {
      mode: 0o755,
    });
    const cancel = new AbortController();
    const { signal } = cancel;
    const run = { command, args: [], cwd: folder, input: '', password: '', isSender, signal };
    return (await runRsync({ ...run, onOutput: () => cancel.abort() })).code;
  }

  it('ends at once if it sends, since rsync sleeps after any other signal than SIGKILL', async () => {
    expect(await exitOf(true)).toBe('SIGKILL');
  });

  it('may tidy up if it receives', async () => {
    expect(await exitOf(false)).toBe(20);
  });
});

import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { runRsync } from './rsyncProcess';

it('names the command of a missing rsync', async () => {
  const running = runRsync({
    command: '/nowhere/rsync',
    args: [],
    cwd: tmpdir(),
    input: '',
    password: '',
    signal: new AbortController().signal,
    onOutput: () => undefined,
  });
  await expect(running).rejects.toMatchObject({
    code: 'rsync_missing',
    details: { rsync: { command: '/nowhere/rsync', fault: 'missing' } },
  });
});

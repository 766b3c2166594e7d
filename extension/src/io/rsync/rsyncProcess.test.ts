import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { installCommand } from './rsyncProbe';
import { runRsync } from './rsyncProcess';

it('names the command that installs a missing rsync', async () => {
  const subject = await installCommand();
  const running = runRsync({
    command: '/nowhere/rsync',
    args: [],
    cwd: tmpdir(),
    input: '',
    password: '',
    signal: new AbortController().signal,
    onOutput: () => undefined,
  });
  await expect(running).rejects.toMatchObject({ code: 'rsync_missing', details: { subject } });
});

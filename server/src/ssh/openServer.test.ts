import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { openServer } from './openServer';

test.each([
  ['is killed', 'process.kill(process.pid, "SIGKILL")', 'was ended by SIGKILL while it started. See'],
  ['fails', 'throw new Error()', 'ended while it started. See'],
  ['says why it fails', 'console.error("palmtree-server: No."); process.exitCode = 1', 'No.'],
])('a server that %s while it starts is reported', async (_, code, words) => {
  const script = join(temporaryFolder(), 'server.mjs');
  writeFileSync(script, code);
  const { argv, execArgv } = process;
  Object.assign(process, { argv: [process.execPath, script], execArgv: [] });
  onTestFinished(() => void Object.assign(process, { argv, execArgv }));
  await expect(openServer(temporaryFolder())).rejects.toThrow(words);
});

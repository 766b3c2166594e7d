import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { lockFault, tryLockDataFolder } from '../administration/dataFolderLock';
import { clientSocketName } from './introduction';
import { openServer } from './openServer';

/** Has `code` run in place of palmtree-server. */
function replaceServer(code: string): void {
  const script = join(temporaryFolder(), 'server.mjs');
  writeFileSync(script, code);
  const { argv, execArgv } = process;
  Object.assign(process, { argv: [process.execPath, script], execArgv: [] });
  onTestFinished(() => void Object.assign(process, { argv, execArgv }));
}

test.each([
  ['is killed', 'process.kill(process.pid, "SIGKILL")', 'was ended by SIGKILL while it started. See'],
  ['fails', 'throw new Error()', 'ended while it started. See'],
  ['says why it fails', 'console.error("palmtree-server: No."); process.exitCode = 1', 'No.'],
])('a server that %s while it starts is reported', async (_, code, words) => {
  replaceServer(code);
  await expect(openServer(temporaryFolder())).rejects.toThrow(words);
});

test('a server is started again once the one before it has stopped', async () => {
  const dataFolder = temporaryFolder();
  const lock = tryLockDataFolder(dataFolder);
  const refused = join(dataFolder, 'refused');
  replaceServer(`
    import { existsSync, writeFileSync } from 'node:fs';
    import { createServer } from 'node:net';
    if (existsSync(${JSON.stringify(refused)})) {
      createServer((socket) => socket.end('served', () => process.exit())).listen(${JSON.stringify(join(dataFolder, clientSocketName))});
    } else {
      console.error('palmtree-server: ${lockFault} x.');
      writeFileSync(${JSON.stringify(refused)}, '');
    }`);
  const opened = openServer(dataFolder);
  await vi.waitUntil(() => existsSync(refused), { timeout: 20_000 });
  lock?.release();
  expect(await text(await opened)).toBe('served');
});

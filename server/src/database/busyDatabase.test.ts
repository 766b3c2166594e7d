import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../test/testServer';
import { databaseFileName } from './openDatabase';

let server: TestServer;
let locker: ChildProcess;

beforeEach(async () => {
  server = await startTestServer();
  locker = await takeWriteLock(join(server.dataFolder, databaseFileName));
});
afterEach(async () => {
  locker.kill('SIGKILL');
  await server.stop();
});

/** Another process takes the write lock, and keeps it until its input ends. */
async function takeWriteLock(file: string): Promise<ChildProcess> {
  const script = `
    const database = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(process.argv[1]);
    database.exec('begin immediate');
    process.stdout.write('locked');
    process.stdin.on('end', () => process.exit()).resume();`;
  const child = spawn(process.execPath, ['-e', script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('while another process has the write lock, requests that only read are answered, and a write waits', async () => {
  const url = await server.url();
  let isMade = false;
  const made = server.api.makeTree('tree').then(({ status }) => {
    isMade = true;
    return status;
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await server.api.call('GET', '/v1/whoami')).toMatchObject({ status: 200 });
  expect(await server.api.call('GET', '/v1/trees')).toMatchObject({ status: 200, body: { trees: [] } });
  expect(isMade).toBe(false);
  locker.stdin?.end();
  expect(await made).toBe(201);
});

test('two writes that wait for another process are done one after the other', async () => {
  const made = Promise.all(['one', 'two'].map((name) => server.services.tokens.create(name, ['tree'])));
  await server.api.call('GET', '/v1/whoami');
  locker.stdin?.end();
  await made;
  expect((await server.services.tokens.list()).map(({ name }) => name)).toEqual(['alice', 'one', 'two']);
});

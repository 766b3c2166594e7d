import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, writeFiles, type Files } from '../changes';
import { buildServer, startChildServer, type ChildServer } from '../childServer';
import type { TcpBridge } from '../tcpBridge';
import { temporaryFolder } from '../temporaryFolder';
import { push, receive, send } from '../transfers';

let bundle: string;
let dataFolder: string;
let server: ChildServer;
let source: string;
const big = randomBytes(48 << 20);
const files: Files = { big, 'folder/small': 'small' };

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder);
  await server.api.makeTree('tree');
  await push(server, 'tree', 0, { 'folder/small': 'before' });
  source = temporaryFolder();
  writeFiles(source, files);
});
afterEach(() => server.kill('SIGKILL'));

async function crashAndRestart(): Promise<void> {
  const { signal } = await server.kill('SIGKILL');
  expect(signal).toBe('SIGKILL');
  server = await startChildServer(bundle, dataFolder, { token: server.token });
}

const begin = async (base: number) => {
  const begun = await server.api.beginPush('tree', { base, changes: puts(files) });
  expect(begun.status).toBe(201);
  return begun.body;
};

const headTable = async () => {
  const { body } = await server.api.table('tree');
  return { revision: body.revision, files: body.files.map((file) => [file.path, 'hash' in file ? file.hash : '']) };
};
const before = { revision: 1, files: [['folder/small', sha256('before')]] };
const after = {
  revision: 2,
  files: [
    ['big', sha256(big)],
    ['folder/small', sha256('small')],
  ],
};

test("after a kill during a push's transfer, the same session continues", async () => {
  const session = await begin(1);
  const kill = () => server.process.kill('SIGKILL');
  const sending = await send(server, 'tree', session, source, session.upload, killAfter('sent', 12 << 20, kill));
  expect(sending.exit).not.toBe(0);
  await server.ended;
  server = await startChildServer(bundle, dataFolder, { token: server.token });
  expect(await headTable()).toEqual(before);
  expect(await send(server, 'tree', session, source, session.upload)).toMatchObject({ exit: 0, stderr: '' });
  expect(await server.api.commit('tree', session.id)).toMatchObject({ status: 200, body: { revision: 2 } });
  expect(await headTable()).toEqual(after);
});

test('after a kill during a commit, the head is the old or the new revision, and the commit can be repeated', async () => {
  for (const [attempt, isReached] of commitMoments.entries()) {
    const { revision } = await headTable();
    const content = randomBytes(24 << 20);
    const next: Files = { big: content, 'folder/small': `small ${attempt}` };
    writeFiles(source, next);
    const begun = await server.api.beginPush('tree', { base: revision, changes: puts(next) });
    expect(await send(server, 'tree', begun.body, source, begun.body.upload)).toMatchObject({ exit: 0 });
    const committing = server.api.commit('tree', begun.body.id).catch(() => undefined);
    const isCommitted = committing.then((response) => response?.status === 200);
    while (!isReached(content, begun.body.id) && !(await settled(isCommitted))) await tick();
    await crashAndRestart();
    await committing;
    const now = await headTable();
    expect([revision, revision + 1]).toContain(now.revision);
    const hashes = now.files.map(([, hash]) => hash);
    expect(hashes.includes(sha256(content))).toBe(now.revision === revision + 1);
    expect(await server.api.commit('tree', begun.body.id)).toMatchObject({
      status: 200,
      body: { revision: revision + 1 },
    });
    expect(readdirSync(join(dataFolder, 'sessions'))).toEqual([]);
  }
});

const objectOf = (content: Uint8Array): string => {
  const hash = sha256(content);
  return join(dataFolder, 'objects', hash.slice(0, 2), hash);
};
const sessionFile = (id: string, name: string): string => join(dataFolder, 'sessions', id, name);

function hasOpen(file: string): boolean {
  const descriptors = `/proc/${server.process.pid}/fd`;
  const open = (descriptor: string): string => {
    try {
      return readlinkSync(join(descriptors, descriptor));
    } catch {
      return '';
    }
  };
  return readdirSync(descriptors).some((descriptor) => open(descriptor) === file);
}

/** Moments of a commit: the request, the hashing, the stored object, and the removal of the session. */
const commitMoments: ((content: Uint8Array, id: string) => boolean)[] = [
  () => true,
  (_, id) => hasOpen(sessionFile(id, 'files/big')),
  (content) => existsSync(objectOf(content)),
  (_, id) => !existsSync(sessionFile(id, 'rsyncd.conf')) || !existsSync(sessionFile(id, 'session.json')),
];

test("after a kill during a pull's transfer, the same view or a new one can be read", async () => {
  await push(server, 'tree', 1, files);
  const session = (await server.api.beginPull('tree', { revision: 2, paths: ['big'] })).body;
  const kill = () => server.process.kill('SIGKILL');
  const cut = await receive(server, 'tree', session, ['big'], killAfter('received', 12 << 20, kill));
  expect(cut.exit).not.toBe(0);
  await server.ended;
  server = await startChildServer(bundle, dataFolder, { token: server.token });
  const again = await receive(server, 'tree', session, ['big']);
  expect(again).toMatchObject({ exit: 0, stderr: '' });
  expect(sha256(readFileSync(join(again.folder, 'big')))).toBe(sha256(big));
  const paths = Object.keys(files);
  const fresh = (await server.api.beginPull('tree', { revision: 2, paths })).body;
  const pulled = await receive(server, 'tree', fresh, paths);
  expect(pulled).toMatchObject({ exit: 0, stderr: '' });
  expect(sha256(readFileSync(join(pulled.folder, 'big')))).toBe(sha256(big));
});

test('after a kill, a new push from the head works', async () => {
  await begin(1);
  await crashAndRestart();
  expect(await push(server, 'tree', 1, files)).toBe(2);
  expect(await headTable()).toEqual(after);
});

function killAfter(direction: 'sent' | 'received', bytes: number, kill: () => void) {
  return (bridge: TcpBridge): void => {
    const timer = setInterval(() => {
      if (bridge.counts[direction] < bytes) return;
      clearInterval(timer);
      kill();
    }, 1);
  };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), tick().then(() => false)]);

import type * as NodeFs from 'node:fs';
import { linkSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { put, puts, sha256 } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';

/** ext4 permits 65,000 links to a file, and to make them takes minutes. */
const maxLinks = 300;
vi.mock('node:fs', async (importOriginal) => {
  const actual = await importOriginal<typeof NodeFs>();
  const limitedLinkSync = (existing: string, path: string): void => {
    if (actual.statSync(existing).nlink >= maxLinks) throw Object.assign(new Error('EMLINK'), { code: 'EMLINK' });
    actual.linkSync(existing, path);
  };
  return { ...actual, linkSync: limitedLinkSync };
});

const content = 'x'.repeat(1 << 20);
const paths = Array.from({ length: 200 }, (_, index) => `file-${index}`);

let server: TestServer;
afterEach(() => server.stop());

async function startWithExhaustedObject(): Promise<void> {
  server = await startTestServer();
  await server.api.makeTree('tree');
  await pushDirectly(server, 'tree', 0, { a: content }, { changes: [...puts({ a: content }), ...copies()] });
  const folder = temporaryFolder();
  const object = server.services.objects.fileOf(sha256(content));
  while (statSync(object).nlink < maxLinks) linkSync(object, join(folder, String(statSync(object).nlink)));
}

const copies = () => paths.map((path) => put(path, content));

/** The number of distinct files in a session's folder. */
function filesOf(id: string): number {
  const folder = server.services.sessions.filesFolderOf(id);
  return new Set(readdirSync(folder).map((name) => statSync(join(folder, name)).ino)).size;
}

test('a pull of many paths whose object has no links left writes the content once or twice', async () => {
  await startWithExhaustedObject();
  for (let pull = 0; pull < 3; pull++) {
    const { status, body } = await server.api.beginPull('tree', { revision: 1, paths });
    expect(status).toBe(201);
    expect(readdirSync(server.services.sessions.filesFolderOf(body.id))).toHaveLength(paths.length);
    // The second one when the links of the first copy are used up.
    expect(filesOf(body.id)).toBeLessThanOrEqual(2);
  }
  expect(await server.services.objects.isIntact({ hash: sha256(content), size: content.length })).toBe(true);
});

test('a push over many paths whose object has no links left writes nothing before it is sent', async () => {
  await startWithExhaustedObject();
  const changes = paths.map((path) => put(path, `new ${path}`));
  const { status, body } = await server.api.beginPush('tree', { base: 1, changes });
  expect(status).toBe(201);
  expect(filesOf(body.id)).toBe(0);
});

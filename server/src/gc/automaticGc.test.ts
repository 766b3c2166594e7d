import { afterEach, beforeEach, expect, test } from 'vitest';
import { put, puts } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import { withoutPurges } from '../database/purgeLock';
import { PolicyRepository } from '../retention/policyRepository';
import { AutomaticGc } from './automaticGc';

let server: TestServer;
let now = new Date('2026-06-01T12:00:00Z');
const { signal } = new AbortController();

beforeEach(async () => {
  server = await startTestServer({ now: () => now });
  await server.api.makeTree('tree');
});
afterEach(() => server.stop());

const isStored = (content: string): Promise<boolean> => server.services.contents.has(put('file', content));

async function runGc(): Promise<void> {
  const automatic = new AutomaticGc({ ...server.services, database: server.database });
  automatic.start();
  const hasEnded = () => server.logged.some((line) => line.includes('gc has ended'));
  await expect.poll(hasEnded, { timeout: 60_000 }).toBe(true);
  await automatic.stop();
  server.logged.length = 0;
}

test('the daily gc prunes, and goes on without that while a backup runs', async () => {
  for (const [base, content] of ['1', '2'].entries()) {
    await pushDirectly(server, 'tree', base, { a: content }, { changes: puts({ a: content }) });
  }
  await new PolicyRepository(server.database).set('tree', { last: 1 });
  await withoutPurges(server.dataFolder, signal, async () => {
    const prune = server.services.retention.prune([], { signal, report: () => undefined, workShare: 1 });
    await expect(prune).rejects.toThrow('A backup is running.');
    await runGc();
  });
  expect(await isStored('1')).toBe(true);
  now = new Date(now.getTime() + 25 * 60 * 60 * 1000);
  await runGc();
  expect(await isStored('1')).toBe(false);
});

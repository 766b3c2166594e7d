import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileTable } from '../../../../server/src/contract/schemas';
import { checkInBatches } from '../batches';
import { FuzzServer, secret } from './fuzzServer';
import { sentRequest } from './requests';

let fuzz: FuzzServer;
beforeAll(async () => {
  fuzz = await FuzzServer.start();
});
afterAll(async () => {
  await fuzz.server.stop();
  fuzz.server.removeData();
});

it('property: no request makes the server fail, or shows or changes what its token does not allow', async () => {
  const property = fc.asyncProperty(sentRequest, async (sent) => {
    const response = await fuzz.send(sent);
    expect(fuzz.server.errors.splice(0)).toEqual([]);
    if (response === undefined || sent.user === 'alice') return;
    expect(response.text).not.toContain(secret);
    if (sent.user !== 'bob') expect(response.status).toBeGreaterThanOrEqual(400);
  });
  await checkInBatches(property, {
    name: 'requests to the server',
    share: 0.75,
    runs: 10_000,
    runsPerBatch: 2_500,
    maxGrowthBytes: 40e6,
    afterBatch: checkServer,
  });
});

/** Throws unless the server still serves a valid table. */
async function checkServer(): Promise<Record<string, number>> {
  const response = await fuzz.send({
    user: 'alice',
    request: { method: 'GET', path: '/v1/trees/fuzz/files', headers: {} },
  });
  fileTable.parse(JSON.parse(response?.text ?? ''));
  const answered = Object.fromEntries(
    [...fuzz.statuses].sort(([a], [b]) => a - b).map(([status, count]) => [`status${status}`, count]),
  );
  return { ...answered, unsendable: fuzz.unsendable };
}

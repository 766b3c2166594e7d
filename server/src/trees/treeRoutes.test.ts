import { afterAll, beforeAll, expect, test } from 'vitest';
import { link, put } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { FileTable } from '../contract/schemas';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('notes');
  const many = Array.from({ length: 2_500 }, (_, number) => link(`links/${number}`, `ä\n${number}`));
  await pushDirectly(server, 'notes', 0, { a: '1', b: '2' }, { changes: [put('a', '1'), put('b', '2'), ...many] });
  await pushDirectly(server, 'notes', 1, {}, { changes: [{ op: 'delete', path: 'b' }], folders: ['links'] });
});
afterAll(() => server.stop());

function ask(since: number, headers: Record<string, string>) {
  const authorization = `Bearer ${server.token}`;
  return server.app.request(`/v1/trees/notes/files?since=${since}`, { headers: { authorization, ...headers } });
}

async function linesOf(answer: Response): Promise<unknown[]> {
  const text = await answer.text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test.each([0, 1, 2])('the table since revision %d is told line by line to who asks for it', async (since) => {
  const { files, ...head } = (await (await ask(since, {})).json()) as FileTable;
  const answer = await ask(since, { accept: 'application/x-ndjson' });
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  expect(answer.headers.get('vary')?.split(/, */)).toContain('Accept');
  expect(answer.headers.get('x-request-id')).toBeTruthy();
  expect(await linesOf(answer)).toEqual([{ ...head, count: files.length }, ...files]);
});

test('its lines are compressed for who accepts it', async () => {
  const answer = await ask(0, { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' });
  expect(answer.headers.get('content-encoding')).toBe('gzip');
  const plain = new Response(answer.body?.pipeThrough(new DecompressionStream('gzip')));
  expect(await linesOf(plain)).toHaveLength(2_502);
});

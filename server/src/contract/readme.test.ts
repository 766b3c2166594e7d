import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestServer } from '../../test/testServer';
import { httpStatusByCode } from './errorCodes';

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

test('the README lists every error code with its status', () => {
  const rows = [...readme.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\|/gm)];
  expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(httpStatusByCode);
});

test('the README lists every route', async () => {
  const server = await startTestServer();
  const routes = server.app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  await server.stop();
  const listed = [...readme.matchAll(/^\| `(GET|PUT|POST|DELETE)(?:`, `HEAD)? (\/[^?`]*)/gm)];
  expect(listed.map(([, method, path]) => `${method} ${path}`).sort()).toEqual([...new Set(routes)].sort());
});

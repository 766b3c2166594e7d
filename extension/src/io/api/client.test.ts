import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from './client';

/** What a test's server answers, whatever it is asked. */
let close: (() => void) | undefined;
afterEach(() => close?.());

async function client(answer: RequestListener): Promise<Client> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token');
}

const head = (count: number): string => `${JSON.stringify({ revision: 3, id: 'x', folders: ['é'], count })}\n`;
const gone = (path: string): string => `${JSON.stringify({ path, deleted: true, revision: 2 })}\n`;

it('tells a token that is not known from a server that is not there, however long the body', async () => {
  const wire = await client((request, response) => {
    request.resume().once('end', () => {
      const error = { code: 'unauthorized', message: 'the token is not known' };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
  });
  const changes = Array.from(
    { length: 40_000 },
    (_, number) => ({ op: 'delete', path: `notes/${number}.md` }) as const,
  );
  await expect(wire.beginPush('notes', { base: 1, changes })).rejects.toMatchObject({ code: 'unauthorized' });
});

describe('a table of files', () => {
  it('is read line by line, wherever its pieces end', async () => {
    const bytes = Buffer.from(head(2) + gone('ä') + gone('b'));
    const wire = await client((_, response) => {
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    const { files, ...rest } = await wire.files('notes', 1);
    expect(rest).toEqual({ revision: 3, id: 'x', folders: ['é'] });
    expect(files.map(({ path }) => path)).toEqual(['ä', 'b']);
  });

  it.each([
    ['lacks a line', head(2) + gone('a')],
    ['has a line that is none', `${head(1)}<html>\n`],
    ['is a page of something else', '<!doctype html>\n<p>Welcome'],
    ['is nothing', ''],
  ])('is refused when it %s', async (_, answer) => {
    const wire = await client((__, response) => response.end(answer));
    await expect(wire.files('notes', 1)).rejects.toMatchObject({ code: 'not_a_palmtree_server' });
  });

  it('that breaks off is the connection’s failure', async () => {
    const wire = await client((_, response) => {
      response.write(head(2) + gone('a'), () => response.destroy());
    });
    await expect(wire.files('notes', 1)).rejects.toMatchObject({ code: 'server_unreachable' });
  });

  it('is refused with the server’s own error', async () => {
    const wire = await client((_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'tree_not_found', message: 'there is no tree notes' } }));
    });
    await expect(wire.files('notes', 1)).rejects.toMatchObject({ code: 'tree_not_found' });
  });

  it('can be given up while it comes', async () => {
    const stop = new AbortController();
    const wire = await client((_, response) => {
      response.write(head(2) + gone('a'), () => stop.abort());
    });
    await expect(wire.files('notes', 1, undefined, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

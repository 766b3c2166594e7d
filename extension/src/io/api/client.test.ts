import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { maxFolders } from '../../../../server/src/contract/limits';
import type { Whoami } from '../../../../server/src/contract/schemas';
import { Client } from './client';

const currentServer: Whoami = {
  name: 'alice',
  trees: null,
  server: { version: '1.0.0' },
  protocol: 1,
  oldestProtocol: 1,
};
let close: (() => void) | undefined;
afterEach(() => close?.());

/** A client of a server that gives `response` to every request except `GET /v1/whoami`. */
async function clientOf(
  response: RequestListener,
  whoami: object = currentServer,
  options?: { readonly silenceMs: number },
): Promise<Client> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/v1/whoami') outgoing.end(JSON.stringify(whoami));
    else response(incoming, outgoing);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token', options);
}

function failure(status: number, code: string, message = 'the message'): RequestListener {
  return (request, response) => {
    request.resume().once('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code, message } }));
    });
  };
}

const head = (count: number): string => `${JSON.stringify({ revision: 3, id: 'x', folders: ['é'], count })}\n`;
const deleted = (path: string): string => `${JSON.stringify({ path, deleted: true, revision: 2 })}\n`;

it('reports a rejected token as such, even after a long streamed body', async () => {
  const client = await clientOf(failure(401, 'unauthorized'));
  const changes = Array.from(
    { length: 40_000 },
    (_, number) => ({ op: 'delete', path: `notes/${number}.md` }) as const,
  );
  await expect(client.beginPush('notes', { base: 1, changes })).rejects.toMatchObject({ code: 'unauthorized' });
});

describe('the protocol', () => {
  const empty: RequestListener = (_, response) => response.end(JSON.stringify({ trees: [] }));

  it('is sent with every request, and asked for once', async () => {
    const requests: IncomingMessage[] = [];
    const client = await clientOf((request, response) => {
      requests.push(request);
      response.end(JSON.stringify({ trees: [] }));
    });
    await client.trees();
    await client.trees();
    expect(requests.map(({ url }) => url)).toEqual(['/v1/trees', '/v1/trees']);
    for (const { headers } of requests) expect(headers['x-palmtree-protocol']).toBe('1');
    expect(client.rsyncEndpoint('notes', 'id').headers).toMatchObject({ 'x-palmtree-protocol': '1' });
  });

  it.each([
    ['states an older protocol', { ...currentServer, protocol: 0 }],
    ['states none', { name: 'alice', trees: null, server: { version: '0.1.0' } }],
  ])('of a server that %s is too old', async (_, whoami) => {
    const client = await clientOf(empty, whoami);
    const error = { code: 'server_too_old', details: { subject: client.address } };
    await expect(client.whoami()).rejects.toMatchObject(error);
    await expect(client.trees()).rejects.toMatchObject(error);
    await expect(client.events('notes', 0, AbortSignal.timeout(5_000))).rejects.toMatchObject(error);
  });

  it('of a newer server is accepted, even with fields that this client does not know', async () => {
    const whoami = { ...currentServer, protocol: 7, oldestProtocol: 1, motto: 'new' };
    const client = await clientOf(empty, whoami);
    expect(await client.trees()).toEqual({ trees: [] });
  });

  it('of this client may be too old for the server', async () => {
    const client = await clientOf(failure(400, 'client_too_old'));
    await expect(client.trees()).rejects.toMatchObject({ code: 'client_too_old' });
  });
});

describe('an error', () => {
  it.each([
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'invalid_request'],
    [413, 'body_too_large'],
    [422, 'invalid_request'],
    [429, 'session_busy'],
    [500, 'internal'],
    [503, 'internal'],
    [507, 'storage_full'],
  ])('with an unknown code and status %d counts as %s', async (status, code) => {
    const client = await clientOf(failure(status, 'code_of_the_future', 'the tree is frozen'));
    await expect(client.makeTree('notes')).rejects.toMatchObject({
      code,
      message: `PUT /v1/trees/notes: the tree is frozen (code_of_the_future, HTTP ${status})`,
      details: { reason: 'the tree is frozen' },
    });
  });

  it('with a known code keeps it, whatever its status', async () => {
    const client = await clientOf(failure(418, 'stale_base'));
    await expect(client.makeTree('notes')).rejects.toMatchObject({
      code: 'stale_base',
      message: 'PUT /v1/trees/notes: the message',
    });
  });

  it.each([
    [400, 'not_a_palmtree_server'],
    [401, 'proxy_refused'],
    [403, 'proxy_refused'],
    [404, 'not_a_palmtree_server'],
    [413, 'proxy_refused'],
    [429, 'proxy_refused'],
    [500, 'not_a_palmtree_server'],
    [502, 'server_unreachable'],
    [503, 'server_unreachable'],
    [504, 'server_unreachable'],
  ])('without a code and with status %d is %s', async (status, code) => {
    const client = await clientOf((_, response) => response.writeHead(status).end('<html>'));
    const details = code === 'not_a_palmtree_server' ? {} : { status };
    await expect(client.makeTree('notes')).rejects.toMatchObject({ code, details });
  });

  it('of a proxy that refuses a long body before its end is one, too', async () => {
    const client = await clientOf((request, response) => {
      // nginx reads on for a while, so that its response arrives.
      request.resume();
      response.writeHead(413).end('<html>');
    });
    const changes = Array.from({ length: 50_000 }, (_, number) => ({ op: 'delete', path: `n/${number}` }) as const);
    await expect(client.beginPush('notes', { base: 1, changes })).rejects.toMatchObject({ code: 'proxy_refused' });
  });
});

describe('a file table', () => {
  it('is read line by line, however its bytes are split', async () => {
    const bytes = Buffer.from(head(2) + deleted('ä') + deleted('b'));
    const client = await clientOf((_, response) => {
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    const { files, ...rest } = await client.files('notes', 1);
    expect(rest).toEqual({ revision: 3, id: 'x', folders: ['é'] });
    expect(files.map(({ path }) => path)).toEqual(['ä', 'b']);
  });

  it('may have as many folders with long paths as a push may send', async () => {
    const folders = Array.from({ length: maxFolders }, (_, number) => `${'long/'.repeat(140)}${number}`);
    const client = await clientOf((_, response) => {
      response.end(`${JSON.stringify({ revision: 3, id: 'x', folders, count: 0 })}\n`);
    });
    expect((await client.files('notes', 1)).folders).toEqual(folders);
  });

  it('is refused when it announces more files than a tree may have', async () => {
    const client = await clientOf((_, response) => response.end(head(1_000_001)));
    const error: unknown = await client.files('notes', 1).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'too_much_data', details: { maxFiles: 1_000_000 } });
  });

  it.each([
    ['lacks a line', head(2) + deleted('a')],
    ['has a line that is not an entry', `${head(1)}<html>\n`],
    ['is an HTML page', '<!doctype html>\n<p>Welcome'],
    ['is empty', ''],
  ])('is refused when it %s', async (_, body) => {
    const client = await clientOf((__, response) => response.end(body));
    await expect(client.files('notes', 1)).rejects.toMatchObject({ code: 'not_a_palmtree_server' });
  });

  it('that breaks off is a failure of the connection', async () => {
    const client = await clientOf((_, response) => {
      response.write(head(2) + deleted('a'), () => response.destroy());
    });
    await expect(client.files('notes', 1)).rejects.toMatchObject({ code: 'server_unreachable' });
  });

  it('fails with the server’s own error', async () => {
    const client = await clientOf(failure(404, 'tree_not_found'));
    await expect(client.files('notes', 1)).rejects.toMatchObject({ code: 'tree_not_found' });
  });

  it('can be cancelled while it arrives', async () => {
    const stop = new AbortController();
    const client = await clientOf((_, response) => {
      response.write(head(2) + deleted('a'), () => stop.abort());
    });
    await expect(client.files('notes', 1, undefined, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

it.each([200, 404])('does not read the endless body of another server, with status %d', async (status) => {
  const client = await clientOf((_, response) => {
    response.writeHead(status, { 'content-type': 'audio/mpeg' });
    const write = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16)));
    };
    response.on('drain', write);
    write();
  });
  await expect(client.trees()).rejects.toMatchObject({ code: 'not_a_palmtree_server' });
});

describe('a server that falls silent', () => {
  const impatient = (response: RequestListener) => clientOf(response, currentServer, { silenceMs: 400 });
  const noResponse = { code: 'no_response', details: { silenceMs: 400 } };
  const json = { 'content-type': 'application/json' };

  it.each<[string, RequestListener]>([
    ['before the response', () => undefined],
    ['after its headers', (_, response) => response.writeHead(200, json).flushHeaders()],
    ['in the middle of its body', (_, response) => response.writeHead(200, json).write('{"trees":')],
    ['after some heartbeats', (_, response) => response.writeHead(200, json).write('   ')],
    ['in the body of an error', (_, response) => response.writeHead(500, json).write('{"error":')],
  ])('%s is reported, and the request is not repeated', async (_, listener) => {
    let requests = 0;
    const client = await impatient((request, response) => {
      requests++;
      listener(request, response);
    });
    await expect(client.trees()).rejects.toMatchObject(noResponse);
    expect(requests).toBe(1);
  });

  it('in the middle of a table is reported', async () => {
    const client = await impatient((_, response) => response.write(head(2) + deleted('a')));
    await expect(client.files('notes', 1)).rejects.toMatchObject(noResponse);
  });

  it('can be left before that', async () => {
    const stop = new AbortController();
    const client = await clientOf(() => stop.abort());
    await expect(client.trees(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a server that works long', () => {
  /** Longer than a busy machine may keep this process, which has both ends, from running. In milliseconds. */
  const silenceMs = 1_200;
  /** Sends heartbeats until the silence limit has passed, then `body`. */
  const working =
    (body: string): RequestListener =>
    (request, response) => {
      expect(request.headers['x-palmtree-heartbeats']).toBe('1');
      let beats = 0;
      const timer = setInterval(() => {
        if (beats++ * 50 < 1.3 * silenceMs) response.write(' ');
        else response.end(body);
      }, 50);
      response.once('close', () => clearInterval(timer));
    };
  const patient = (body: string) => clientOf(working(body), currentServer, { silenceMs });

  it('is waited for as long as it sends heartbeats', async () => {
    const client = await patient('{"revision":3,"id":"x"}');
    expect(await client.commitPush('notes', 'id')).toEqual({ revision: 3, id: 'x' });
  });

  it('may send heartbeats before a table', async () => {
    const client = await patient(head(1) + deleted('a'));
    expect(await client.files('notes', 1)).toMatchObject({ files: [{ path: 'a' }] });
  });

  it('may send heartbeats to an upload, and nothing or an error after them', async () => {
    const error = '{"error":{"code":"session_busy","message":"ended"}}';
    const client = await clientOf((request, response) => {
      working(request.url?.endsWith('path=refused') === true ? error : '')(request, response);
    });
    const files = client.sessionFiles('notes', { id: 'id', http: { encodings: [] } });
    const limits = { signal: new AbortController().signal, silenceMs };
    const put = (path: string, body: Uint8Array | ReadableStream<Uint8Array>) => {
      return files.put(path, { offset: 0, body, encoding: undefined, isDelta: true }, limits);
    };
    const bytes = Buffer.from('x');
    await Promise.all([
      put('small', bytes),
      put('large', new Blob([bytes]).stream()),
      expect(put('refused', bytes)).rejects.toMatchObject({ code: 'session_busy' }),
    ]);
  });

  it.each(['commitPush', 'files'] as const)('may fail after all (%s)', async (method) => {
    const error = { code: 'stale_base', message: 'too old', details: { head: 4 } };
    const client = await patient(JSON.stringify({ error }));
    const request = method === 'files' ? client.files('notes', 1) : client.commitPush('notes', 'id');
    await expect(request).rejects.toMatchObject({ code: 'stale_base', details: { head: 4 } });
  });
});

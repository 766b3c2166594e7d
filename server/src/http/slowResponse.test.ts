import { Hono, type Handler } from 'hono';
import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { heartbeatsHeader } from '../contract/protocol';
import { WireError } from '../errors';
import type { AppEnv } from './appEnv';
import { handleError } from './errorHandler';
import { slowResponse, slowUpload } from './slowResponse';

const wanted = { [heartbeatsHeader]: '1' };

async function respond(headers: Record<string, string>, handle: Handler<AppEnv>): Promise<Response> {
  const app = new Hono<AppEnv>();
  app.onError(handleError);
  app.use(async (context, next) => {
    context.set('log', pino({ enabled: false }));
    await next();
  });
  app.get('/', handle);
  return app.request('/', { headers });
}

/** Requests a route whose work ends when the test says so. */
function request(headers: Record<string, string> = wanted) {
  const work = Promise.withResolvers<{ readonly revision: number }>();
  const response = respond(headers, (context) => {
    return slowResponse(context, {
      work: () => work.promise,
      body: (result) => [JSON.stringify(result)],
      contentType: 'application/json',
      status: 201,
      heartbeatMs: 1,
    });
  });
  return { ...work, response };
}

/** `request` for an upload. `workedMs` is called at each interval. */
function upload(workedMs: () => number, headers = wanted) {
  const work = Promise.withResolvers<void>();
  const response = respond(headers, (context) => {
    return slowUpload(context, { work: () => work.promise, workedMs, heartbeatMs: 1 });
  });
  return { ...work, response };
}

/** The text of a response, once it has begun with some heartbeats; then `end` ends the work. */
async function late(response: Response, end: () => void): Promise<string> {
  let text = '';
  let beats = 0;
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (++beats === 3) end();
  }
  return text;
}

describe('the response to slow work', () => {
  it('begins with heartbeats, and ends with the result', async () => {
    const { response, resolve } = request();
    const begun = await response;
    expect(begun.status).toBe(200);
    expect(begun.headers.get('cache-control')).toBe('no-transform');
    const text = await late(begun, () => resolve({ revision: 7 }));
    expect(text).toMatch(/^ {3,}\{/);
    expect(JSON.parse(text)).toEqual({ revision: 7 });
  });

  it('ends with the error if the work fails late', async () => {
    const { response, reject } = request();
    const text = await late(await response, () => reject(new WireError('stale_base', 'too old', { head: 4 })));
    expect(JSON.parse(text)).toEqual({ error: { code: 'stale_base', message: 'too old', details: { head: 4 } } });
  });

  it('hides the cause of an unexpected late error', async () => {
    const { response, reject } = request();
    const text = await late(await response, () => reject(new Error('the secret reason')));
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal' } });
    expect(text).not.toContain('secret');
  });

  it('has its own status and no heartbeats if the client does not want any', async () => {
    const { response, resolve, reject: _ } = request({});
    resolve({ revision: 7 });
    const ended = await response;
    expect([ended.status, await ended.text()]).toEqual([201, '{"revision":7}']);
  });

  it('has the status of its error if the work fails in time', async () => {
    const { response, reject } = request({});
    reject(new WireError('stale_base', 'too old'));
    expect((await response).status).toBe(409);
  });
});

describe('the response to an upload', () => {
  it('begins with heartbeats while the server works, and ends with nothing or an error', async () => {
    const done = upload(() => 1);
    expect(await late(await done.response, () => done.resolve())).toMatch(/^ {3,}$/);
    const failed = upload(() => 1);
    const text = await late(await failed.response, () => failed.reject(new WireError('session_busy', 'ended')));
    expect(JSON.parse(text)).toEqual({ error: { code: 'session_busy', message: 'ended' } });
  });

  it('does not begin while the server waits for the client', async () => {
    let intervals = 0;
    const { response, resolve } = upload(() => {
      if (++intervals === 5) resolve();
      return 0;
    });
    expect((await response).status).toBe(204);
    expect(intervals).toBe(5);
  });

  it('has its own status if the client wants no heartbeats', async () => {
    const { response, reject } = upload(() => 1, {} as never);
    reject(new WireError('session_busy', 'ended'));
    expect((await response).status).toBe(409);
  });
});

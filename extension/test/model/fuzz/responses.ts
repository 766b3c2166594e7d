import fc from 'fast-check';
import type { Client } from '../../../src/io/api/client';
import { jsonMutations, textMutations } from './mutations';

/** A call of the client, and a valid answer to it. */
export interface ClientCall {
  readonly name: string;
  readonly isNdjson?: boolean;
  readonly answer: unknown;
  readonly call: (client: Client) => Promise<unknown>;
}

const hash = 'a'.repeat(64);
const createdAt = '2026-11-29T00:00:00.000Z';
const entry = { path: 'n/a', kind: 'file', size: 1, mtimeNs: '1700000000123456789', mode: 420, hash, revision: 3 };
const link = { ...entry, path: 'l', kind: 'symlink', target: 'n/a' };
const summary = { number: 3, author: 'alice', createdAt, message: null, forced: false, put: 1, deleted: 0, renamed: 0 };
const difference = { path: 'n/a', before: null, after: entry };
const session = { id: '0'.repeat(32), module: '0'.repeat(32), password: 'secret' };
const version = {
  revision: 3,
  author: 'alice',
  createdAt,
  message: 'm',
  entry,
  sameContent: { deleted: [], added: [] },
};

export const clientCalls: readonly ClientCall[] = [
  {
    name: 'whoami',
    answer: { name: 'alice', trees: null, server: { version: '1' }, protocol: 1, oldestProtocol: 1 },
    call: (client) => client.whoami(),
  },
  { name: 'trees', answer: { trees: [{ name: 'notes', revision: 3 }] }, call: (client) => client.trees() },
  {
    name: 'files',
    isNdjson: true,
    answer: [
      { revision: 3, id: 'x', folders: ['n', ''], count: 3 },
      entry,
      link,
      { path: 'gone', deleted: true, revision: 2 },
    ],
    call: (client) => client.files('notes', 0),
  },
  {
    name: 'beginPush',
    answer: { ...session, base: 3, upload: ['n/a'] },
    call: (client) => client.beginPush('notes', { base: 3, changes: [] }),
  },
  { name: 'rsyncError', answer: { rsyncError: 'why' }, call: (client) => client.rsyncError('notes', '0') },
  { name: 'commitPush', answer: { revision: 4, id: 'y' }, call: (client) => client.commitPush('notes', '0') },
  { name: 'beginPull', answer: session, call: (client) => client.beginPull('notes', { revision: 3, paths: ['n/a'] }) },
  { name: 'content', answer: 'a', call: (client) => client.content('notes', { path: 'n/a', revision: 3 }) },
  { name: 'revisions', answer: { revisions: [summary], more: true }, call: (client) => client.revisions('notes') },
  { name: 'head', answer: { revisions: [summary], more: false }, call: (client) => client.head('notes') },
  {
    name: 'revision',
    answer: { revision: summary, changes: [difference] },
    call: (client) => client.revision('notes', 3),
  },
  {
    name: 'compare',
    answer: { from: 2, to: 3, changes: [difference] },
    call: (client) => client.compare('notes', 2, 3),
  },
  { name: 'history', answer: { versions: [version], more: false }, call: (client) => client.history('notes', 'n/a') },
];

const error = { error: { code: 'stale_base', message: 'why', details: { head: 4, paths: ['n/a'] } } };

export interface FuzzedAnswer {
  readonly call: ClientCall;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The places at which the body is cut into pieces, as fractions. */
  readonly cuts: readonly number[];
}

/** Statuses after which the client asks again are left out: it pauses between its attempts. */
const statuses = fc.constantFrom(200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 418, 422, 429);

export const fuzzedAnswer: fc.Arbitrary<FuzzedAnswer> = fc
  .record({
    call: fc.constantFrom(...clientCalls),
    status: statuses,
    type: fc.constantFrom('application/json', 'application/x-ndjson', 'text/html', ''),
    isError: fc.boolean(),
    changedBody: jsonMutations,
    changedText: textMutations,
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    location: fc.constantFrom('', '/', 'http://elsewhere/', '//', 'javascript:1'),
  })
  .map(({ call, status, type, isError, changedBody, changedText, cuts, location }) => {
    const value = changedBody(status >= 400 || (isError && status === 201) ? error : call.answer);
    const text = changedText(call.isNdjson === true && Array.isArray(value) ? linesOf(value) : textOf(value));
    return { call, status, headers: { 'content-type': type, location }, text, cuts };
  });

function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${textOf(value)}\n`).join('');
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

/** Cuts bytes into pieces, even inside a character. */
export function pieces(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

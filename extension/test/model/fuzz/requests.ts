import fc from 'fast-check';
import { changes, path, paths } from './changes';
import { jsonMutations, textMutations, type Mutations } from './mutations';
import { oddText } from './oddValues';

/** A request before it is sent. Placeholders stand for what only the server knows: its head, and ids of sessions. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Replaced when the request is sent. `ID` is followed by a digit: 0 is the newest session. */
export const headPlaceholder = 'HEAD_REVISION';
export const sessionPlaceholder = 'SESSION_';

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly head?: unknown;
  readonly items?: { readonly name: string; readonly values: readonly unknown[] };
}

const tree = fc.constantFrom('fuzz', 'fuzz', 'fuzz', 'other', 'missing');
const session = fc.integer({ min: 0, max: 4 }).map((age) => `${sessionPlaceholder}${age}`);
const revision = fc.constantFrom('0', '1', '2', headPlaceholder, headPlaceholder, '999999');
const limit = fc.constantFrom('1', '2', '50', '200', '201');

function get(...segments: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<Route> {
  return route('GET', segments, {});
}

function route(
  method: string,
  segments: readonly (string | fc.Arbitrary<string>)[],
  query: Readonly<Record<string, fc.Arbitrary<string>>>,
): fc.Arbitrary<Route> {
  const all = segments.map((segment) => (typeof segment === 'string' ? fc.constant(segment) : segment));
  return fc.tuple(fc.tuple(...all), fc.record(query, { requiredKeys: [] })).map(([names, values]) => {
    return { method, segments: ['v1', ...names], query: values as Record<string, string> };
  });
}

const beginPush: fc.Arbitrary<Route> = fc
  .tuple(
    tree,
    fc.record(
      {
        base: fc.constantFrom<unknown>(headPlaceholder, headPlaceholder, headPlaceholder, 0, 1),
        baseId: fc.constantFrom('', '0'.repeat(32)),
        force: fc.boolean(),
        folders: fc.array(fc.oneof(path, fc.constant('')), { maxLength: 2 }),
        message: fc.constantFrom('', 'why', ' x '),
        resume: session,
      },
      { requiredKeys: ['base'] },
    ),
    changes,
  )
  .map(([name, head, values]) => {
    return { method: 'POST', segments: ['v1', 'trees', name, 'pushes'], head, items: { name: 'changes', values } };
  });

const beginPull: fc.Arbitrary<Route> = fc
  .tuple(tree, fc.constantFrom<unknown>(headPlaceholder, headPlaceholder, 1), paths)
  .map(([name, number, values]) => {
    const head = { revision: number };
    return { method: 'POST', segments: ['v1', 'trees', name, 'pulls'], head, items: { name: 'paths', values } };
  });

const routes = fc.oneof(
  { weight: 1, arbitrary: get('whoami') },
  { weight: 1, arbitrary: get('trees') },
  { weight: 1, arbitrary: route('PUT', ['trees', tree], {}) },
  { weight: 3, arbitrary: route('GET', ['trees', tree, 'files'], { since: revision, sinceId: fc.constant('x') }) },
  { weight: 12, arbitrary: beginPush },
  { weight: 6, arbitrary: route('POST', ['trees', tree, 'pushes', session, 'commit'], {}) },
  { weight: 2, arbitrary: route('DELETE', ['trees', tree, fc.constantFrom('pushes', 'pulls'), session], {}) },
  { weight: 4, arbitrary: beginPull },
  { weight: 1, arbitrary: get('trees', tree, 'sessions', session) },
  { weight: 1, arbitrary: get('trees', tree, 'sessions', session, 'rsync') },
  { weight: 2, arbitrary: route('GET', ['trees', tree, 'revisions'], { before: revision, limit }) },
  { weight: 2, arbitrary: get('trees', tree, 'revisions', revision) },
  { weight: 2, arbitrary: route('GET', ['trees', tree, 'compare'], { from: revision, to: revision }) },
  { weight: 2, arbitrary: route('GET', ['trees', tree, 'history'], { path, before: revision, limit }) },
  {
    weight: 4,
    arbitrary: route('GET', ['trees', tree, 'content'], { path, revision }),
  },
  { weight: 1, arbitrary: route('GET', ['trees', tree, 'events'], { since: revision }) },
);

/** `fetch` sends only such text in a header. */
const headerText = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });

const header: fc.Arbitrary<[name: string, value: string]> = fc.oneof(
  fc.tuple(fc.constant('accept'), fc.constantFrom('application/x-ndjson', 'application/json', '*/*', '')),
  fc.tuple(fc.constant('accept-encoding'), fc.constantFrom('gzip', 'identity', 'br', 'gzip;q=0')),
  fc.tuple(fc.constant('x-palmtree-protocol'), fc.constantFrom('0', '1', '2', '999', '-1', 'x', '')),
  fc.tuple(fc.constant('x-palmtree-heartbeats'), fc.constant('1')),
  fc.tuple(fc.constant('if-none-match'), fc.constantFrom('*', '"x"', 'W/"x"', `"${'0'.repeat(64)}"`)),
  fc.tuple(fc.constant('if-range'), fc.constantFrom('"x"', 'Sun, 29 Nov 2026 00:00:00 GMT')),
  fc.tuple(
    fc.constant('range'),
    fc.oneof(
      fc.constantFrom('bytes=0-', 'bytes=-1', 'bytes=1-0', 'bytes=0-0,2-3', 'bytes=9999999999999999-', 'lines=1-2'),
      headerText,
    ),
  ),
  fc.tuple(fc.constant('last-event-id'), fc.oneof(revision, headerText)),
  fc.tuple(fc.constant('content-length'), fc.constantFrom('0', '5', '-1', '999999999999', 'x')),
  fc.tuple(fc.constant('authorization'), fc.oneof(fc.constantFrom('Bearer', 'Basic YTpi', 'Bearer a b'), headerText)),
  fc.tuple(fc.constantFrom('x-forwarded-for', 'content-encoding', 'cookie', 'origin', 'te'), headerText),
);

/** Most requests have no header of their own: the more have one, the fewer get far. */
const headers: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.array(header, { minLength: 1, maxLength: 2 }).map((all) => Object.fromEntries(all)),
  },
);

/** The users whose token a request may have; see `fuzzServer`. */
export type User = 'alice' | 'bob' | 'nobody' | 'revoked';

export interface SentRequest {
  readonly user: User;
  readonly request: FuzzRequest;
}

const oddPart: Mutations<string> = fc.oneof(
  { weight: 9, arbitrary: fc.constant((part: string) => part) },
  { weight: 1, arbitrary: oddText.map((odd) => () => odd) },
);

/** Valid requests with no, one or several faults. */
export const sentRequest: fc.Arbitrary<SentRequest> = fc
  .record({
    user: fc.constantFrom<User[]>('alice', 'alice', 'alice', 'alice', 'bob', 'nobody', 'revoked'),
    route: routes,
    method: fc.oneof(
      { weight: 15, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'LINK') },
    ),
    headers,
    isNdjson: fc.boolean(),
    changedSegment: fc.record({ at: fc.nat({ max: 5 }), change: oddPart }),
    changedQuery: fc.record({ at: fc.nat({ max: 3 }), change: oddPart }),
    changedBody: jsonMutations,
    changedText: textMutations,
  })
  .map((given) => ({ user: given.user, request: requestOf(given) }));

interface Given {
  readonly route: Route;
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly isNdjson: boolean;
  readonly changedSegment: { readonly at: number; readonly change: (part: string) => string };
  readonly changedQuery: { readonly at: number; readonly change: (part: string) => string };
  readonly changedBody: (value: unknown) => unknown;
  readonly changedText: (text: string) => string;
}

function requestOf(given: Given): FuzzRequest {
  const { route: valid, changedSegment, changedQuery } = given;
  const segments = valid.segments.map((one, at) =>
    escaped(at === changedSegment.at ? changedSegment.change(one) : one),
  );
  const query = Object.entries(valid.query ?? {}).map(([name, value], at) => {
    return `${name}=${escaped(at === changedQuery.at ? changedQuery.change(value) : value)}`;
  });
  const method = given.method ?? valid.method;
  const text = bodyOf(given);
  return {
    method,
    path: `/${segments.join('/')}${query.length === 0 ? '' : `?${query.join('&')}`}`,
    headers: {
      ...(text === undefined ? {} : { 'content-type': given.isNdjson ? 'application/x-ndjson' : 'application/json' }),
      ...given.headers,
    },
    ...(text === undefined || method === 'GET' || method === 'HEAD' ? {} : { body: text }),
  };
}

function bodyOf({ route: { head, items }, isNdjson, changedBody, changedText }: Given): string | undefined {
  if (items === undefined) return undefined;
  if (!isNdjson) return changedText(jsonOf(changedBody({ ...(head as object), [items.name]: items.values })));
  const lines = changedBody([{ ...(head as object), count: items.values.length }, ...items.values]);
  return changedText((Array.isArray(lines) ? lines : [lines]).map((line) => `${jsonOf(line)}\n`).join(''));
}

function jsonOf(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').replaceAll(`"${headPlaceholder}"`, headPlaceholder);
}

/** encodeURIComponent throws for text that is not well-formed. A server may also get such bytes. */
function escaped(part: string): string {
  return part.isWellFormed() ? encodeURIComponent(part) : '%ED%A0%80';
}

import { Hono, type Context } from 'hono';
import { entryKindHeader } from '../contract/history';
import { path as pathSchema, type FileEntry } from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import { errorResponse } from '../http/errorHandler';
import type { LongResponses } from '../http/longResponses';
import { parse } from '../http/parse';
import { queryNumber } from '../http/queryNumber';
import { byteRange, type ByteRange } from '../objects/byteRange';
import { byteStream } from '../objects/byteStream';
import { isSmall } from '../objects/content';
import { contentUnavailable, findStoredEntry, type ContentServices } from './findStoredEntry';

const revisionSchema = queryNumber('revision').refine((revision) => revision > 0, 'revision 0 has no content');

export function contentRoutes(services: ContentServices & { readonly longResponses: LongResponses }): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get('/:tree/content', services.longResponses.middleware, async (context) => {
    const path = parse(pathSchema, context.req.query('path'));
    const revision = parse(revisionSchema, context.req.query('revision'));
    const entry = await findStoredEntry(services, { treeName: context.req.param('tree'), path, revision });
    const tag = `"${entry.hash}"`;
    if (hasMatchingTag(context.req.header('if-none-match'), tag)) {
      setContentHeaders(context, entry, tag);
      return context.body(null, 304);
    }
    const range = requestedRange(context, entry.size, tag);
    if (range === 'unsatisfiable') {
      context.header('Content-Range', `bytes */${entry.size}`);
      return errorResponse(context, 'invalid_request', `the content has ${entry.size} bytes`, { status: 416 });
    }
    const { start, end } = range ?? { start: 0, end: entry.size };
    const body =
      context.req.method === 'HEAD'
        ? null
        : await open(services, entry, { start, end }, () => {
            context.get('log').error({ path, revision, hash: entry.hash }, 'the stored content is damaged');
          });
    // Set only here, so that an error response has none of these headers.
    setContentHeaders(context, entry, tag);
    context.header('Content-Type', 'application/octet-stream');
    context.header('Content-Length', String(end - start));
    if (range !== undefined) context.header('Content-Range', `bytes ${start}-${end - 1}/${entry.size}`);
    const status = range === undefined ? 200 : 206;
    return body === null ? context.body(null, status) : context.body(body, status);
  });

  return routes;
}

/** The content is user data, so the headers also keep a browser from rendering it as a page of this server. */
function setContentHeaders(context: Context, { kind }: FileEntry, tag: string): void {
  context.header('ETag', tag);
  context.header('Cache-Control', 'private, no-cache');
  context.header('Accept-Ranges', 'bytes');
  context.header('X-Content-Type-Options', 'nosniff');
  context.header('Content-Disposition', 'attachment');
  context.header(entryKindHeader, kind);
}

function hasMatchingTag(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((text) => text.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}

/** With If-Range, the range applies only if the content still has the client's tag (RFC 9110, section 13.1.5). */
function requestedRange(context: Context, size: number, tag: string): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = context.req.header('if-range');
  if (context.req.method === 'HEAD' || (ifRange !== undefined && ifRange !== tag)) return undefined;
  return byteRange(context.req.header('range'), size);
}

async function open(
  { contents }: ContentServices,
  entry: FileEntry,
  range: ByteRange,
  onDamage: () => void,
): Promise<ReadableStream | null> {
  if (entry.target !== undefined) {
    return new Blob([Buffer.from(entry.target).subarray(range.start, range.end)]).stream();
  }
  if (entry.size === 0) return null;
  const isWhole = range.start === 0 && range.end === entry.size;
  // The damage of a longer one is found when its end is sent.
  if (isWhole && isSmall(entry) && !(await contents.isIntact(entry))) throw contentUnavailable(entry);
  const opened = await contents.open(entry);
  if (opened === undefined) throw contentUnavailable(entry);
  return byteStream(opened, range, isWhole ? { hash: entry.hash, onDamage } : undefined);
}

import { addAbortSignal, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Hono, type Context } from 'hono';
import { path as pathSchema } from '../contract/schemas';
import { fileEncodingHeader, uploadOffsetHeader, zstdEncoding } from '../contract/transfers';
import { pathsError, WireError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import { clientSignal, connectionOf } from '../http/clientGone';
import { errorResponse } from '../http/errorHandler';
import { nodeEnvOf } from '../http/nodeEnv';
import { parse } from '../http/parse';
import { queryNumber } from '../http/queryNumber';
import { slowUpload } from '../http/slowResponse';
import { byteRange } from '../objects/byteRange';
import { closeRead, type OpenFile } from '../objects/content';
import { fileContent } from '../objects/openContent';
import type { SessionKind } from '../sessions/session';
import type { SessionStore } from '../sessions/sessionStore';
import type { TreeRepository } from '../trees/treeRepository';
import { applyDelta } from './applyDelta';
import { isKnownEncoding, paysOff, zstdDecoded, zstdEncoded } from './fileCoding';
import { signatureOf } from './fileSignature';
import type { HttpRuns, OpenRequest } from './httpRuns';
import { receiveInboxFile } from './inboxFile';
import { atPace, type PaceLimits, type Progress } from './pace';
import { closingStream, fileStream, openSessionFile, type Streamed } from './viewFile';
import { WorkTime } from './workTime';

/** Bounds what a push brings in. */
interface PushGuard {
  /** Throws storage_full if there is no room for the rest of the push. */
  admit(id: string): Promise<void>;
  declaredSize(id: string, path: string): number | undefined;
  faultOf(id: string): WireError | undefined;
}

export interface FileServices {
  readonly trees: TreeRepository;
  readonly sessions: SessionStore;
  readonly httpRuns: HttpRuns;
  readonly inboxGuard: PushGuard;
  readonly paceLimits: PaceLimits;
  /** The interval of the heartbeats while an upload is worked on; by default that of all long requests. */
  readonly uploadHeartbeatMs?: number | undefined;
}

const offsetSchema = queryNumber('the offset');

/** The routes that move a session's files without rsync. */
export function fileRoutes(services: FileServices): Hono<AppEnv> {
  const { sessions } = services;
  const routes = new Hono<AppEnv>();

  routes.put('/:tree/sessions/:id/files', async (context) => {
    const offset = parse(offsetSchema, context.req.header(uploadOffsetHeader) ?? '0');
    return receive(services, context, async ({ id, path, request }, pieces) => {
      const size = requireDeclared(services, id, path);
      if (offset > size) throw new WireError('offset_mismatch', `the file has ${size} bytes`);
      const target = { inbox: sessions.filesFolderOf(id), path, size, offset, signal: request.signal };
      await receiveInboxFile(target, pieces());
    });
  });

  routes.put('/:tree/sessions/:id/delta', async (context) => {
    return receive(services, context, async ({ id, path, request: { signal } }, pieces) => {
      const size = requireDeclared(services, id, path);
      const inbox = sessions.filesFolderOf(id);
      const basis = await openSessionFile(inbox, path);
      if (basis === undefined) throw new WireError('offset_mismatch', 'the server has no basis for a delta');
      try {
        const target = { inbox, path, size, offset: 0, basisBytes: basis.size, signal };
        const progress = { bytes: 0 };
        await receiveInboxFile(target, applyDelta(pieces(progress), basis, { signal, progress }));
      } finally {
        await closeRead(basis.handle);
      }
    });
  });

  routes.get('/:tree/sessions/:id/signature', async (context) => {
    const { file, request } = await openRequested(services, context);
    context.header('Content-Type', 'application/octet-stream');
    return context.body(closingStream(file, signatureOf(file), streamed(context, request)));
  });

  routes.get('/:tree/sessions/:id/files', async (context) => {
    const { file, request } = await openRequested(services, context, 'pull');
    return respondWithFile(context, file, request);
  });

  return routes;
}

interface Entered {
  /** The session's id. */
  readonly id: string;
  readonly path: string;
  readonly request: OpenRequest;
}

/**
 * Responds to an upload. `work` gets the function that reads its body. Before that, or between two pieces, it may copy a large
 * file, which takes minutes on a slow disk.
 */
async function receive(
  services: FileServices,
  context: Context<AppEnv>,
  work: (entered: Entered, pieces: (progress?: Progress) => AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<Response> {
  const received = receivedPieces(services, context);
  const entered = await enter(services, context, 'push');
  const time = new WorkTime();
  const pieces = (progress?: Progress) => time.beside(received(entered.request, progress));
  return slowUpload(context, {
    work: () => endWith(services, entered, () => work(entered, pieces)),
    workedMs: () => time.ms,
    heartbeatMs: services.uploadHeartbeatMs,
  });
}

/** Resolves when the request may move its file. */
async function enter(
  { trees, sessions, httpRuns, inboxGuard }: FileServices,
  context: Context<AppEnv>,
  kind?: SessionKind,
): Promise<Entered> {
  const path = parse(pathSchema, context.req.query('path'));
  const { id = '', tree: name = '' } = context.req.param();
  const tree = await trees.find(name);
  const tokenId = context.get('token').id;
  const find = () => sessions.find(id, { treeId: tree.id, tokenId }, kind);
  await find();
  const admit = async (): Promise<void> => {
    // It may have ended while this request waited.
    const session = await find();
    if (session.kind === 'push') await inboxGuard.admit(id);
  };
  const request = await httpRuns.enter({ id, tokenId, path, gone: clientSignal(context), admit });
  return { id, path, request };
}

/** Opens the file that the request is for. Throws not_found. */
async function openRequested(
  services: FileServices,
  context: Context<AppEnv>,
  kind?: SessionKind,
): Promise<{ readonly file: OpenFile; readonly request: OpenRequest }> {
  const { id, path, request } = await enter(services, context, kind);
  const file = await unlessFailed(request, () => openSessionFile(services.sessions.filesFolderOf(id), path));
  if (file !== undefined) return { file, request };
  request.end('done');
  throw new WireError('not_found', 'the session has no such file');
}

function streamed(context: Context<AppEnv>, { signal, end }: OpenRequest): Streamed {
  return { signal, cut: () => void connectionOf(context)?.destroy(), onEnd: end };
}

/** Throws content_mismatch. */
function requireDeclared({ inboxGuard }: FileServices, id: string, path: string): number {
  const size = inboxGuard.declaredSize(id, path);
  if (size === undefined) throw pathsError('content_mismatch', [path], 'was not declared');
  return size;
}

/** Runs the work of a request. If the server has ended the request, throws the reason. */
async function endWith<T>(
  { inboxGuard }: FileServices,
  { id, request }: Pick<Entered, 'id' | 'request'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await unlessFailed(request, work, 'done');
  } catch (error) {
    const { run, stop } = request;
    if (run.stopped.aborted) throw inboxGuard.faultOf(id) ?? new WireError('session_busy', 'the session has ended');
    throw stop.signal.aborted ? stop.signal.reason : error;
  }
}

async function unlessFailed<T>({ end }: OpenRequest, work: () => Promise<T>, outcome?: 'done'): Promise<T> {
  try {
    const result = await work();
    if (outcome !== undefined) end(outcome);
    return result;
  } catch (error) {
    end('failed');
    throw error;
  }
}

/** Returns the function that reads the body of an upload. Throws invalid_request. */
function receivedPieces(
  { paceLimits }: FileServices,
  context: Context<AppEnv>,
): (request: OpenRequest, progress?: Progress) => AsyncIterable<Uint8Array> {
  const encoding = context.req.header(fileEncodingHeader);
  if (encoding !== undefined && !isKnownEncoding(encoding)) {
    throw new WireError('invalid_request', `the server does not read the encoding ${encoding}`);
  }
  return (request, progress) => {
    const body = bodyOf(context);
    // It may fail before its reader has begun, which then gets the error.
    body.on('error', () => undefined);
    addAbortSignal(request.signal, body);
    const pieces =
      encoding === undefined
        ? (body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)
        : zstdDecoded(body);
    return counted(atPace(pieces, paceLimits, request.stop, progress), request);
  };
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  { run }: OpenRequest,
): AsyncGenerator<Uint8Array, undefined> {
  for await (const piece of pieces) {
    run.received += piece.length;
    yield piece;
  }
}

/** The request's body: that of Node, which is faster than a web stream, unless the request did not come over a network. */
function bodyOf(context: Context<AppEnv>): Readable {
  const { incoming } = nodeEnvOf(context);
  if (incoming !== undefined) return incoming;
  const { body } = context.req.raw;
  return body === null ? Readable.from([]) : Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
}

async function respondWithFile(context: Context<AppEnv>, file: OpenFile, request: OpenRequest): Promise<Response> {
  const { handle, size } = file;
  const range = size === 0 ? undefined : byteRange(context.req.header('range'), size);
  const isHead = context.req.method === 'HEAD';
  if (range === 'unsatisfiable' || isHead || size === 0) {
    await closeRead(handle);
    request.end('done');
  }
  if (range === 'unsatisfiable') {
    context.header('Content-Range', `bytes */${size}`);
    return errorResponse(context, 'invalid_request', `the file has ${size} bytes`, { status: 416 });
  }
  const { start, end } = range ?? { start: 0, end: size };
  context.header('Content-Type', 'application/octet-stream');
  context.header('X-Content-Type-Options', 'nosniff');
  if (range !== undefined) context.header('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  const status = range === undefined ? 200 : 206;
  if (isHead || size === 0) {
    context.header('Content-Length', String(end - start));
    return context.body(null, status);
  }
  const isEncoded = await unlessFailed(request, async () => {
    return context.req.header(fileEncodingHeader) === zstdEncoding && (await isWorthEncoding(file, start, end));
  });
  const bytes = fileStream(file, { start, end }, streamed(context, request));
  if (!isEncoded) {
    context.header('Content-Length', String(end - start));
    return context.body(bytes, status);
  }
  context.header(fileEncodingHeader, zstdEncoding);
  return context.body(zstdEncoded(bytes), status);
}

/** Closes the file if it cannot be read. */
async function isWorthEncoding({ handle }: OpenFile, start: number, end: number): Promise<boolean> {
  try {
    return await paysOff(end - start, (length) => fileContent(handle, start).read(0, length));
  } catch (error) {
    await closeRead(handle);
    throw error;
  }
}

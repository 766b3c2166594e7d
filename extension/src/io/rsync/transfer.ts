import { availableParallelism } from 'node:os';
import { shellWord } from '../../core/shellWord';
import { PalmtreeError } from '../../errors';
import {
  cancelled,
  finalErrors,
  isTransient,
  maxAttempts,
  pause,
  progressBytes,
  refusal,
  retryDelaysMs,
  turnPauseMs,
} from '../transfer/retries';
import type { TransferProgress } from '../transfer/transferProgress';
import type { Carrier, Screen, TransferRequest, TransferResult } from '../transfer/transferRequest';
import { Bridge } from './bridge';
import { fileList, openFileList } from './fileList';
import { outcomeOfExit, type RsyncOutcome } from './rsyncOutcome';
import { runRsync, type RsyncExit } from './rsyncProcess';
import { RsyncProgress, withoutProgress } from './rsyncProgress';
import { StagingWatch, type Excess } from './stagingWatch';
import { splitIntoParts, type TransferPart } from './transferParts';

/** The server's limit for one session. One run, at both ends together, keeps about one core busy. */
const maxRuns = 4;
const runCount = Math.min(maxRuns, Math.max(2, availableParallelism()));

/** A list that is shorter than this reaches rsync in one piece, in bytes. */
const maxPipedBytes = 16_000;
/** The bytes that a server may send beyond the declared ones: per file, and per run. */
const fileMarginBytes = 4 << 10;
const runMarginBytes = 16 << 20;
/** The largest file on the server whose checksums a push receives has about a terabyte. */
const maxChecksumBytes = 256 << 20;

/** A request for rsync to carry. */
export interface RsyncRequest extends TransferRequest {
  readonly carrier: Extract<Carrier, { kind: 'rsync' }>;
}

/** A request, and the figures that follow from its sizes. */
interface Job extends RsyncRequest {
  readonly paths: readonly string[];
  /** The bytes of all files. */
  readonly allBytes: number;
  /** The bytes of the files of a part, as an estimate. */
  readonly totalBytes: number;
}

/**
 * Transfers files between the workspace folder and a session's inbox or view, with several runs at once if they are many.
 * After a lost connection it retries in the same session, which keeps the files that have arrived.
 * Exit 0 proves nothing: the receiver must verify each file. Throws PalmtreeError: too_much_data if the server sends more
 * than it declared.
 */
export async function transferByRsync(request: RsyncRequest): Promise<TransferResult> {
  const { direction, root, sizes, staging } = request;
  const paths = [...sizes.keys()];
  const allBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  // The view that the server prepares for a pull contains the requested files and nothing else.
  const parts = await splitIntoParts(paths, runCount, direction === 'push' ? root : undefined);
  const run = (signal: AbortSignal): Promise<TransferResult> => {
    const job = { ...request, signal, paths, allBytes, totalBytes: allBytes };
    const [part] = parts;
    return parts.length === 1 && part !== undefined ? transferPart(job, part, 0) : transferParts(job, parts);
  };
  if (staging === undefined) return run(request.signal);
  const watch = await StagingWatch.start({ staging, sizes });
  try {
    const result = await run(AbortSignal.any([request.signal, watch.found]));
    await watch.finish();
    if (watch.excess !== undefined) throw excessError(watch.excess, request);
    return result;
  } catch (error) {
    throw watch.excess === undefined ? error : excessError(watch.excess, request);
  } finally {
    watch.stop();
  }
}

function excessError(excess: Excess, { endpoint }: TransferRequest): PalmtreeError {
  const subject = new URL(endpoint.url).host;
  if (excess.kind === 'undeclared') {
    const details = { subject, paths: [excess.path] };
    return new PalmtreeError('too_much_data', `the server sent ${excess.path}, which was not requested`, { details });
  }
  const { limit } = excess;
  const paths = excess.kind === 'tooLarge' ? [excess.path] : [];
  const message = `the server sent more than ${limit} bytes${paths.map((path) => ` for ${path}`).join('')}`;
  return new PalmtreeError('too_much_data', message, { details: { subject, paths, limit } });
}

/** Stops all runs when one fails, and throws the first error. */
async function transferParts(request: Job, parts: readonly TransferPart[]): Promise<TransferResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const progress: TransferProgress[] = [];
  let failure: unknown;
  const results = await Promise.allSettled(
    parts.map(async (part, index) => {
      const screen = index === 0 ? request.screen : withoutOwnProgress(request.screen);
      const onProgress = (partProgress: TransferProgress): void => {
        progress[index] = partProgress;
        request.onProgress(totalProgress(Object.values(progress), request));
      };
      const totalBytes = (request.totalBytes * part.fileCount) / request.paths.length;
      try {
        return await transferPart({ ...request, screen, signal, onProgress, totalBytes }, part, index);
      } catch (error) {
        if (!stop.signal.aborted) failure = error;
        stop.abort();
        throw error;
      }
    }),
  );
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (done.length < parts.length) throw failure;
  return {
    sentBytes: done.reduce((bytes, { sentBytes }) => bytes + sentBytes, 0),
    receivedBytes: done.reduce((bytes, { receivedBytes }) => bytes + receivedBytes, 0),
    isPartial: done.some(({ isPartial }) => isPartial),
  };
}

/** A terminal can show only one line of progress. */
function withoutOwnProgress(screen: Screen): Screen {
  return { ...withoutProgress(screen), retrying: (failure, pauseMs) => screen.retrying(failure, pauseMs) };
}

function totalProgress(parts: readonly TransferProgress[], { paths, totalBytes }: Job): TransferProgress {
  const sum = (field: (part: TransferProgress) => number): number =>
    parts.reduce((total, part) => total + field(part), 0);
  return {
    files: sum(({ files }) => files),
    totalFiles: paths.length,
    bytes: Math.round(sum(({ bytes }) => bytes)),
    totalBytes,
    wireBytes: sum(({ wireBytes }) => wireBytes),
    isReconnecting: parts.some(({ isReconnecting }) => isReconnecting === true),
    // A part that transfers is more to the point than one that waits.
    isQueued: parts.every(({ isQueued, files, totalFiles }) => isQueued === true || files === totalFiles),
  };
}

async function transferPart(given: Job, part: TransferPart, index: number): Promise<TransferResult> {
  let progress: TransferProgress = {
    files: 0,
    totalFiles: part.fileCount,
    bytes: 0,
    totalBytes: given.totalBytes,
    wireBytes: 0,
  };
  const onProgress = (next: TransferProgress): void => {
    // Another attempt counts from the start, and passes quickly over what has arrived.
    progress = { ...next, files: Math.max(progress.files, next.files), bytes: Math.max(progress.bytes, next.bytes) };
    given.onProgress(progress);
  };
  const request = { ...given, onProgress };
  let sentBytes = 0;
  let receivedBytes = 0;
  let retries = 0;
  for (let attempt = 1; ; attempt++) {
    const result = await attemptTransfer(request, part, { index, isRetry: attempt > 1 });
    const { exit, bridge, failure } = result;
    sentBytes += bridge?.sentBytes ?? 0;
    receivedBytes += bridge?.receivedBytes ?? 0;
    if ((bridge?.sentBytes ?? 0) + (bridge?.receivedBytes ?? 0) > progressBytes) retries = 0;
    const outcome = exit === undefined ? 'retry' : outcomeOfExit(exit.code);
    if (request.signal.aborted) throw cancelled();
    if (bridge?.isRefused === true || outcome === 'cancelled') {
      // An rsync that the server ends tells the one here, which then ends as if somebody had cancelled it here.
      const reason = await refusal(request);
      if (reason !== undefined) throw reason;
      if (outcome === 'cancelled' && failure === undefined) throw cancelled();
    }
    if (outcome === 'done' || outcome === 'replan') {
      return { sentBytes, receivedBytes, isPartial: outcome === 'replan' };
    }
    const error = await reasonOf(request, result);
    if (error.code === 'too_many_runs') {
      // Not a failed attempt: the other transfers may take hours.
      attempt--;
      onProgress({ ...progress, isQueued: true });
      await pause(request, error, turnPauseMs);
      continue;
    }
    const pauseMs = retryDelaysMs[retries++];
    if (pauseMs === undefined || attempt === maxAttempts || !mayRetry(outcome, failure, error)) throw error;
    onProgress({ ...progress, isReconnecting: true });
    await pause(request, error, pauseMs);
  }
}

interface AttemptResult {
  readonly exit?: RsyncExit;
  readonly bridge?: Bridge;
  readonly failure?: PalmtreeError;
}

async function attemptTransfer(
  request: Job,
  part: TransferPart,
  { index, isRetry }: { readonly index: number; readonly isRetry: boolean },
): Promise<AttemptResult> {
  const { screen, signal } = request;
  const bridge = await openBridge(request, index);
  if (bridge instanceof PalmtreeError) return { failure: bridge };
  const progress = new RsyncProgress(part.fileCount, request.totalBytes);
  const report = (): void => {
    request.onProgress({ ...progress.value, wireBytes: bridge.sentBytes + bridge.receivedBytes });
  };
  if (isRetry) report();
  try {
    const args = rsyncArguments(request, part, bridge.port);
    screen.write(`${[request.carrier.command, ...args].map(shellQuoted).join(' ')}\n`);
    const exit = await withInput(request, part, (input) =>
      runRsync({
        command: request.carrier.command,
        args,
        cwd: request.staging ?? request.root,
        input,
        password: request.session.password,
        signal: AbortSignal.any([signal, bridge.gone]),
        onOutput: (text, stream) => {
          screen.write(text);
          if (stream === 'stdout' && progress.read(text)) report();
        },
      }),
    );
    return { exit, bridge, ...(bridge.failure === undefined ? {} : { failure: bridge.failure }) };
  } finally {
    bridge.close();
  }
}

/** Returns an error after which another attempt may succeed, and throws any other. */
async function openBridge(request: Job, index: number): Promise<Bridge | PalmtreeError> {
  const { endpoint, session, signal, silenceMs } = request;
  // The index tells the server which of the session's lost connections this one replaces.
  const url = `${endpoint.url}?part=${index}`;
  try {
    const { upgrade } = session;
    const limits = { silenceMs, maxReceivedBytes: maxReceivedBytes(request) };
    return await Bridge.open({ ...endpoint, url, upgrade, signal, ...limits });
  } catch (error) {
    if (error instanceof PalmtreeError && isTransient(error)) return error;
    throw error;
  }
}

/** Incompressible content grows a little, and rsync sends a line for each file. */
function maxReceivedBytes({ direction, allBytes, paths }: Job): number {
  const content = direction === 'pull' ? allBytes * 1.1 : maxChecksumBytes;
  return Math.ceil(content + paths.length * fileMarginBytes + runMarginBytes);
}

/** Calls `run` with the list of names: a long one of a pull has to be in a file, see `openFileList`. */
async function withInput<T>(
  { direction, staging }: TransferRequest,
  { names }: TransferPart,
  run: (input: string | number) => Promise<T>,
): Promise<T> {
  const list = fileList(names);
  const isShort = Buffer.byteLength(list) < maxPipedBytes;
  // Windows keeps the name of an open file.
  if (direction === 'push' || staging === undefined || isShort || process.platform === 'win32') {
    return run(list);
  }
  const file = await openFileList(list, staging);
  try {
    return await run(file.fd);
  } finally {
    await file.close();
  }
}

/** Quotes `argument` for the screen. rsync itself is started without a shell. */
function shellQuoted(argument: string): string {
  return /[^\w@%+=:,./-]/.test(argument) ? shellWord(argument) : argument;
}

/** `--ignore-times`, since the paths are known to differ and rsync's quick check compares whole seconds. */
function rsyncArguments(
  { direction, root, session }: TransferRequest,
  { hasFolders }: TransferPart,
  port: number,
): string[] {
  // No folder of the module: without a chroot, the daemon of rsync 3.5 lists what is in it, and then finds none of it.
  const remote = `rsync://palmtree@127.0.0.1:${port}/${session.module}/`;
  const options = [
    '--files-from=-',
    '--from0',
    '--no-implied-dirs',
    '--ignore-times',
    '--compress',
    '--info=progress2,name1,stats1',
    '--human-readable',
  ];
  // No incremental recursion: the percentage needs the total at the start. No messages about the symlinks it skips.
  if (hasFolders) options.push('--recursive', '--no-inc-recursive', '--info=nonreg0');
  // No --partial-dir, which the server refuses. An incomplete file has its final name; its hash reveals it.
  options.push('--partial');
  if (direction === 'push') return [...options, './', remote];
  // No delta basis on Windows: Cygwin's rsync would take the colon of a drive for that of a host.
  if (process.platform !== 'win32') options.push(`--copy-dest=${root}`);
  return [...options, remote, './'];
}

function mayRetry(outcome: RsyncOutcome, failure: PalmtreeError | undefined, error: PalmtreeError): boolean {
  return (outcome === 'retry' || failure !== undefined) && !finalErrors.has(error.code);
}

/** The error of a failed attempt. If the server ended the connection, as its disk may be full, it is asked why. */
async function reasonOf(request: TransferRequest, { exit, bridge, failure }: AttemptResult): Promise<PalmtreeError> {
  if (failure === undefined) return rsyncFailure(request, exit);
  if (bridge?.isClosedByServer !== true) return failure;
  const reason = await rsyncFailure(request, exit);
  return reason.code === 'rsync_failed' ? failure : reason;
}

/** The rsync here often says only that the one there failed, so the server is asked why. */
async function rsyncFailure(request: TransferRequest, exit: RsyncExit | undefined): Promise<PalmtreeError> {
  const code = exit?.code ?? 'SIGKILL';
  const stderr = exit?.stderr.trim() ?? '';
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    // Only the receiver writes.
    const full = request.direction === 'push' ? 'storage_full' : 'disk_full';
    return new PalmtreeError(full, `rsync ended with ${code}: ${stderr}`, { details: { reason: stderr } });
  }
  let serverError = '';
  try {
    serverError = await request.serverRsyncError();
  } catch (error) {
    // An older server has no such route, and the session may have ended.
    if (error instanceof PalmtreeError && finalErrors.has(error.code)) return error;
  }
  const reason = [stderr, serverError].filter((text) => text !== '').join('\n');
  return new PalmtreeError('rsync_failed', `rsync ended with ${code}: ${reason}`, { details: { exit: code, reason } });
}

import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { PalmtreeError } from '../../errors';
import { Bridge } from './bridge';
import { rsyncOutcome } from './rsyncOutcome';
import { runRsync, type RsyncEnd } from './rsyncProcess';
import { RsyncProgress, withoutProgress, type TransferProgress } from './rsyncProgress';
import { divide, type TransferPart } from './sendList';

const retryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000];
/** An attempt that moved this much got somewhere: the next has all its retries again. */
const progressBytes = 1 << 20;
const maxAttempts = 100;
/** As many as a server takes for one session. One rsync keeps about one core busy, at both ends together. */
const maxRuns = 4;
const runs = Math.min(maxRuns, Math.max(2, availableParallelism()));

/** Where a run is shown, and from where Ctrl-C comes. */
export interface Screen {
  write(text: string): void;
}

export interface TransferRequest {
  readonly direction: 'push' | 'pull';
  readonly rsync: string;
  readonly endpoint: { readonly url: string; readonly headers: Record<string, string> };
  readonly session: { readonly module: string; readonly password: string };
  /** The workspace folder: a push's source, a pull's delta basis. */
  readonly root: string;
  /** A pull's destination: an empty folder of its own. */
  readonly staging?: string;
  readonly paths: readonly string[];
  readonly totalBytes: number;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
}

export interface TransferResult {
  /** Bytes through the bridge, over all attempts. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** True when rsync says that files vanished or could not be read; the caller's hash check names them. */
  readonly partial: boolean;
}

/**
 * Moves `paths` between the workspace folder and a session's directory, with a new attempt in the same
 * session when the connection is cut: what arrived is kept. Exit 0 proves nothing: the receiver verifies.
 * Many files go by several runs at once, each with its own share of them.
 */
export async function transfer(request: TransferRequest): Promise<TransferResult> {
  const { direction, root, paths } = request;
  // What the server has laid out for a pull is what was asked for, and nothing else.
  const shares = await divide(paths, runs, direction === 'push' ? root : undefined);
  const [share] = shares;
  return shares.length === 1 && share !== undefined ? transferPart(request, share, 0) : transferParts(request, shares);
}

/** When one fails the others are stopped, and what failed first is thrown. */
async function transferParts(request: TransferRequest, shares: readonly TransferPart[]): Promise<TransferResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const progress: TransferProgress[] = [];
  let failure: unknown;
  const results = await Promise.allSettled(
    shares.map(async (share, index) => {
      // The screen has room for the progress of one.
      const screen = index === 0 ? request.screen : withoutProgress(request.screen);
      const onProgress = (own: TransferProgress): void => {
        progress[index] = own;
        request.onProgress(sum(Object.values(progress), request));
      };
      const totalBytes = (request.totalBytes * share.files) / request.paths.length;
      try {
        return await transferPart({ ...request, screen, signal, onProgress, totalBytes }, share, index);
      } catch (error) {
        if (!stop.signal.aborted) failure = error;
        stop.abort();
        throw error;
      }
    }),
  );
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (done.length < shares.length) throw failure;
  return {
    sentBytes: done.reduce((bytes, { sentBytes }) => bytes + sentBytes, 0),
    receivedBytes: done.reduce((bytes, { receivedBytes }) => bytes + receivedBytes, 0),
    partial: done.some(({ partial }) => partial),
  };
}

function sum(parts: readonly TransferProgress[], { paths, totalBytes }: TransferRequest): TransferProgress {
  const total = (of: (part: TransferProgress) => number): number => parts.reduce((all, part) => all + of(part), 0);
  return {
    files: total(({ files }) => files),
    totalFiles: paths.length,
    bytes: Math.round(total(({ bytes }) => bytes)),
    totalBytes,
    wireBytes: total(({ wireBytes }) => wireBytes),
  };
}

async function transferPart(request: TransferRequest, share: TransferPart, index: number): Promise<TransferResult> {
  let sentBytes = 0;
  let receivedBytes = 0;
  let retries = 0;
  for (let attempt = 1; ; attempt++) {
    const { end, bridge, failure } = await runOnce(request, share, index);
    sentBytes += bridge?.sentBytes ?? 0;
    receivedBytes += bridge?.receivedBytes ?? 0;
    if ((bridge?.sentBytes ?? 0) + (bridge?.receivedBytes ?? 0) > progressBytes) retries = 0;
    const outcome = end === undefined ? 'retry' : rsyncOutcome(end.exit);
    if (request.signal.aborted || outcome === 'cancelled') {
      throw new PalmtreeError('cancelled', 'the transfer was cancelled');
    }
    if (outcome === 'done' || outcome === 'replan') {
      return { sentBytes, receivedBytes, partial: outcome === 'replan' };
    }
    const error = failure ?? rsyncFailure(end);
    const pause = retryDelaysMs[retries++];
    if (pause === undefined || attempt === maxAttempts || (outcome !== 'retry' && failure === undefined)) throw error;
    request.screen.write(`${error.details.stderr ?? error.message}\ntrying again in ${pause / 1000} s\n`);
    await delay(pause, undefined, { signal: request.signal }).catch(() => undefined);
  }
}

interface Attempt {
  readonly end?: RsyncEnd;
  readonly bridge?: Bridge;
  readonly failure?: PalmtreeError;
}

async function runOnce(request: TransferRequest, share: TransferPart, index: number): Promise<Attempt> {
  const { screen, signal, endpoint } = request;
  const progress = new RsyncProgress(share.files, request.totalBytes);
  let bridge: Bridge;
  const report = (): void => {
    request.onProgress({ ...progress.value, wireBytes: bridge.sentBytes + bridge.receivedBytes });
  };
  try {
    // By the number the server knows a connection that was lost from another.
    bridge = await Bridge.open({ ...endpoint, url: `${endpoint.url}?share=${index}`, signal });
  } catch (error) {
    if (error instanceof PalmtreeError && error.code === 'connection_lost') return { failure: error };
    throw error;
  }
  try {
    const args = rsyncArguments(request, share, bridge.port);
    screen.write(`${[request.rsync, ...args].map(quoted).join(' ')}\n`);
    const end = await runRsync({
      command: request.rsync,
      args,
      cwd: request.staging ?? request.root,
      input: share.names.map((path) => `./${path}\0`).join(''),
      password: request.session.password,
      signal,
      onOutput: (text, stream) => {
        screen.write(text);
        if (stream === 'stdout' && progress.read(text)) report();
      },
    });
    return { end, bridge, ...(bridge.failure === undefined ? {} : { failure: bridge.failure }) };
  } finally {
    bridge.close();
  }
}

/** For reading and copying only: rsync itself is given its arguments one by one. */
function quoted(argument: string): string {
  return /[^\w@%+=:,./-]/.test(argument) ? `'${argument.replaceAll("'", String.raw`'\''`)}'` : argument;
}

/**
 * `./` before each name, since rsync drops those that begin with `#` or `;` from a list it sends; -I, since
 * its quick check compares whole seconds and we have decided already what to send.
 */
function rsyncArguments(
  { direction, root, session }: TransferRequest,
  { hasFolders }: TransferPart,
  port: number,
): string[] {
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
  // The percentage is of all, which must be known at the start; a symlink that is passed over is nothing to tell of.
  if (hasFolders) options.push('--recursive', '--no-inc-recursive', '--info=nonreg0');
  if (direction === 'push') {
    // Under its own name, for the server lets no client name a folder for it. Its hash tells that it is not whole.
    options.push('--partial');
    return [...options, './', remote];
  }
  options.push('--partial-dir=.palmtree-partial');
  // A Cygwin rsync would read the colon of a drive as a host: Windows goes without the delta basis.
  if (process.platform !== 'win32') options.push(`--copy-dest=${root}`);
  return [...options, remote, './'];
}

function rsyncFailure(end: RsyncEnd | undefined): PalmtreeError {
  const exit = end?.exit ?? 'SIGKILL';
  const stderr = end?.stderr ?? '';
  const full = /No space left on device|Disk quota exceeded/.test(stderr);
  return new PalmtreeError(full ? 'disk_full' : 'rsync_failed', `rsync ended with ${exit}: ${stderr.trim()}`, {
    details: { exit, stderr: stderr.trim() },
  });
}

import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PullSession } from '../../../../server/src/contract/schemas';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { entryWith, type Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import { stagedPath, takeInterrupted, verifyStaged } from '../../io/apply/staging';
import { copyTo, moveTo } from '../../io/fs/files';
import { removeAll } from '../../io/fs/folders';
import { requireRoom } from '../../io/fs/disk/requireRoom';
import { runYielding, yielder } from '../../io/threads/yielding';
import type { CommandContext } from '../replica/commandContext';
import { receivePacks } from './receivePacks';
import { sizesOf, withTransfer } from './runTransfer';
import { interruptedIn } from './staging';

const maxSessions = 3;

export interface WantedFile {
  readonly entry: Entry;
  /** The path at which the server has the content. */
  readonly source: string;
}

export interface DownloadRequest {
  readonly staging: string;
  readonly revision: number;
  readonly wanted: readonly WantedFile[];
}

/**
 * Downloads and verifies files, and returns the bytes received. A file that the server has lost or damaged is left out.
 * Throws disk_full before it begins if the files have no room in the staging folder or the workspace folder.
 */
export async function download(
  context: CommandContext,
  { staging, revision, wanted }: DownloadRequest,
): Promise<number> {
  if (wanted.length === 0) return 0;
  const { reporter } = context;
  // Each content is downloaded once, however many files have it.
  const distinct = await runYielding(distinctFilesSteps(wanted));
  const sources = await sourceEntries(distinct.values());
  const complete = await takeInterrupted(interruptedIn(context.folders), staging, sources, reporter.signal);
  const missing = complete.size === 0 ? sources : sources.filter(({ path }) => !complete.has(path));
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  await requireRoom({ folders: [staging, context.replica.root], bytes });
  const { received, receivedBytes } = await receive(context, { staging, revision, entries: missing });
  for (const { path } of missing) if (!received.has(path)) await removeAll(stagedPath(staging, path));
  await nextTurn();
  const staged = new Map([...distinct].filter(([, { source }]) => received.has(source) || complete.has(source)));
  await nextTurn();
  await moveToTargets(staging, staged.values());
  await copyDuplicates(staging, wanted, staged);
  return receivedBytes;
}

interface Received {
  /** The paths of the files that arrived intact. */
  readonly received: ReadonlySet<string>;
  readonly receivedBytes: number;
}

/** Receives and verifies files. If the server has removed the session, as after a sleep, another one goes on. */
async function receive(
  context: CommandContext,
  request: { readonly staging: string; readonly revision: number; readonly entries: readonly Entry[] },
): Promise<Received> {
  const { server, reporter } = context;
  const { staging, revision } = request;
  for (let sessions = 1; ; sessions++) {
    reporter.step({ kind: 'awaitingServer' });
    const { session, entries } = await beginPull(context, { revision, entries: request.entries });
    if (session === undefined) return { received: new Set(), receivedBytes: 0 };
    reporter.step({ kind: 'receiving', count: entries.length });
    try {
      const { receivedBytes, missing, alone } = await receiveFiles(context, { session, staging, entries });
      reporter.step({ kind: 'verifying' });
      const failed = new Set([...missing, ...(await verifyStaged(staging, alone, reporter.signal))]);
      const received = new Set(entries.map(({ path }) => path).filter((path) => !failed.has(path)));
      return { received, receivedBytes };
    } catch (error) {
      if (!isPalmtreeError(error, 'session_not_found') || sessions === maxSessions) throw error;
    } finally {
      await server.client.endPull(server.tree, session.id).catch(() => undefined);
    }
  }
}

interface ReceivedFiles {
  readonly receivedBytes: number;
  /** The files that still have to be verified. */
  readonly alone: readonly Entry[];
  /** The paths of the files that no pack had. */
  readonly missing: readonly string[];
}

/** Receives the files that travel alone, then the packs. */
async function receiveFiles(
  context: CommandContext,
  { session, staging, entries }: { session: PullSession; staging: string; entries: readonly Entry[] },
): Promise<ReceivedFiles> {
  const { packs = [] } = session;
  const packed = new Set(packs.flatMap(({ slices }) => slices.map(([index]) => index)));
  const alone = entries.filter((_, index) => !packed.has(index));
  const packer = packs.length === 0 ? undefined : context.server.openPacker?.();
  let missing: readonly string[] = [];
  try {
    const { receivedBytes } = await withTransfer(context, { direction: 'pull', session, entries }, async (transfer) => {
      const onProgress = transfer.meter.part(alone);
      if (alone.length > 0) await transfer.run({ staging, sizes: sizesOf(alone), onProgress });
      if (packer !== undefined) {
        missing = await receivePacks(packer, transfer, { id: session.id, staging, entries, packs });
      }
    });
    return { receivedBytes, alone, missing };
  } finally {
    await packer?.close();
  }
}

async function sourceEntries(files: Iterable<WantedFile>): Promise<Entry[]> {
  const entries: Entry[] = [];
  const pause = yielder();
  for (const { entry, source } of files) {
    entries.push(entryWith(entry, { path: source }));
    await pause();
  }
  return entries;
}

/** Begins a pull without the files that the server reports as lost; without a session if no file is left. */
async function beginPull(
  context: CommandContext,
  { revision, entries }: { readonly revision: number; readonly entries: readonly Entry[] },
): Promise<{ readonly session: PullSession | undefined; readonly entries: readonly Entry[] }> {
  if (entries.length === 0) return { session: undefined, entries };
  const { client, tree } = context.server;
  try {
    const paths = entries.map(({ path }) => path);
    const packs = context.server.openPacker !== undefined;
    return { session: await client.beginPull(tree, { revision, paths, packs }, context.reporter.signal), entries };
  } catch (error) {
    const lost = isPalmtreeError(error, 'content_unavailable') ? new Set(error.details.paths) : new Set<string>();
    const available = entries.filter(({ path }) => !lost.has(path));
    if (available.length === entries.length) throw error;
    return beginPull(context, { revision, entries: available });
  }
}

/** The first file of each content, by hash. */
function* distinctFilesSteps(wanted: readonly WantedFile[]): CooperativeTask<Map<string, WantedFile>> {
  const distinct = new Map<string, WantedFile>();
  for (const [number, file] of wanted.entries()) {
    if (number % stepSize === 0) yield;
    if (!distinct.has(file.entry.hash)) distinct.set(file.entry.hash, file);
  }
  return distinct;
}

async function moveToTargets(staging: string, received: Iterable<WantedFile>): Promise<void> {
  for (const { entry, source } of received) {
    if (entry.path !== source) await moveTo(join(staging, source), join(staging, entry.path));
  }
}

async function copyDuplicates(
  staging: string,
  wanted: readonly WantedFile[],
  received: ReadonlyMap<string, WantedFile>,
): Promise<void> {
  for (const { entry } of wanted) {
    const path = received.get(entry.hash)?.entry.path;
    if (path !== undefined && path !== entry.path) await copyTo(join(staging, path), join(staging, entry.path));
  }
}

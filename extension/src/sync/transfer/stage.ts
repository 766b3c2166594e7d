import { randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PullSession } from '../../../../server/src/contract/schemas';
import type { DecidedChange } from '../../core/reconcile/decision';
import { entryWith, sameContent, type Entry } from '../../core/entry';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { isPalmtreeError } from '../../errors';
import { fillFromLocal, stagedPath, verifyStaged } from '../../io/apply/staging';
import { applyChanges } from '../../io/apply/applyChanges';
import type { TransitionResult } from '../../io/apply/transition';
import { runYielding, yielder } from '../../io/threads/yielding';
import { runTransfer } from './runTransfer';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';

export interface PullFolders {
  /** Where rsync writes; emptied before each pull and after it. */
  readonly staging: string;
  /** Where what a pull replaces or deletes is kept. */
  readonly backups: string;
}

export interface Staged {
  readonly folder: string;
  readonly downloadedBytes: number;
}

interface Wanted {
  readonly entry: Entry;
  /** The server's path of the content. */
  readonly source: string;
}

/** Gathers the content of all that will be written: from equal files here, the rest by rsync; all verified. */
export async function stage(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  revision: number,
  changes: readonly DecidedChange[],
  reporter: Reporter,
): Promise<Staged> {
  // What a killed pull staged is of no use: each plans anew. No other runs, or it would hold the store's lock.
  await rm(folders.staging, { recursive: true, force: true });
  const folder = join(folders.staging, randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    const wanted = await runYielding(findingWanted(changes));
    const entries = wanted.map(({ entry }) => entry);
    const { observations } = replica.local;
    const missing = new Set(await fillFromLocal(replica.root, folder, entries, observations, reporter.signal));
    await nextTurn();
    const fetched = wanted.filter(({ entry }) => missing.has(entry));
    return { folder, downloadedBytes: await download(replica, remote, folder, revision, fetched, reporter) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function* findingWanted(changes: readonly DecidedChange[]): CooperativeTask<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const [number, { path, from, to, source = path }] of changes.entries()) {
    if (number % stepSize === 0) yield;
    if (to?.kind === 'file' && !hasContent(from, to)) wanted.push({ entry: to, source });
  }
  return wanted;
}

/** Where only the permissions change, no content is needed. */
function hasContent(from: Entry | undefined, to: Entry): boolean {
  return from !== undefined && sameContent(from, to);
}

/** Puts what was staged in place, with a backup of what it replaces or deletes, and learns what stands there now. */
export async function putInPlace(
  replica: Replica,
  staged: Staged,
  changes: readonly DecidedChange[],
  backup: string,
  isUnsaved: (path: string) => boolean = () => false,
): Promise<TransitionResult> {
  replica.local.requireSameRoot();
  const applied = await applyChanges({
    root: replica.root,
    staging: staged.folder,
    backup,
    changes,
    observations: replica.local.observations,
    hasUnsavedEdits: isUnsaved,
    nameRules: replica.local.nameRules,
    keepsEmptyFolder: (path) => replica.rules.all.get(path)?.kind === 'folder',
  });
  await replica.local.update(applied.written, applied.removed);
  return applied;
}

/** A new folder below `backups`, named by the time and by what for. */
export function backupFolder({ backups }: PullFolders, purpose: string): string {
  return join(backups, `${new Date().toISOString().replaceAll(':', '-')}-${purpose}`);
}

/**
 * Fetches the content that is wanted, and answers the bytes that came. What the server has lost or damaged is not
 * staged, so that it is held back and the rest goes on.
 */
async function download(
  replica: Replica,
  remote: ServerBinding,
  staging: string,
  revision: number,
  wanted: readonly Wanted[],
  reporter: Reporter,
): Promise<number> {
  if (wanted.length === 0) return 0;
  // Content that several files share is fetched once.
  const first = await runYielding(findingFirsts(wanted));
  reporter.step({ kind: 'receiving', count: first.size });
  const all: Entry[] = [];
  const pause = yielder();
  for (const { entry, source } of first.values()) {
    all.push(entryWith(entry, { path: source }));
    await pause();
  }
  const { session, entries } = await beginPull(remote, revision, all, reporter);
  if (session === undefined) return 0;
  try {
    const carried = { direction: 'pull', session, root: replica.root, staging, entries } as const;
    const result = await runTransfer(remote, carried, reporter);
    reporter.step({ kind: 'verifying' });
    const wrong = await verifyStaged(staging, entries, reporter.signal);
    const right = new Set(entries.map(({ path }) => path));
    for (const path of wrong) {
      right.delete(path);
      await rm(stagedPath(staging, path), { recursive: true, force: true });
    }
    await nextTurn();
    const arrived = new Map([...first].filter(([, { source }]) => right.has(source)));
    await nextTurn();
    await moveToPlaces(staging, arrived.values());
    await copyToOthers(staging, wanted, arrived);
    return result.receivedBytes;
  } finally {
    await remote.client.endPull(remote.tree, session.id).catch(() => undefined);
  }
}

/** Begins without what the server says that it has lost; with nothing left there is no session. */
async function beginPull(
  remote: ServerBinding,
  revision: number,
  entries: readonly Entry[],
  reporter: Reporter,
): Promise<{ readonly session: PullSession | undefined; readonly entries: readonly Entry[] }> {
  if (entries.length === 0) return { session: undefined, entries };
  try {
    const paths = entries.map(({ path }) => path);
    return { session: await remote.client.beginPull(remote.tree, { revision, paths }, reporter.signal), entries };
  } catch (error) {
    const lost = isPalmtreeError(error, 'content_unavailable') ? new Set(error.details.paths) : new Set<string>();
    const left = entries.filter(({ path }) => !lost.has(path));
    if (left.length === entries.length) throw error;
    return beginPull(remote, revision, left, reporter);
  }
}

function* findingFirsts(wanted: readonly Wanted[]): CooperativeTask<Map<string, Wanted>> {
  const first = new Map<string, Wanted>();
  for (const [number, one] of wanted.entries()) {
    if (number % stepSize === 0) yield;
    if (!first.has(one.entry.hash)) first.set(one.entry.hash, one);
  }
  return first;
}

async function copyToOthers(
  staging: string,
  wanted: readonly Wanted[],
  first: ReadonlyMap<string, Wanted>,
): Promise<void> {
  for (const { entry } of wanted) {
    const fetched = first.get(entry.hash)?.entry.path;
    if (fetched === undefined || fetched === entry.path) continue;
    await mkdir(dirname(join(staging, entry.path)), { recursive: true });
    await copyFile(join(staging, fetched), join(staging, entry.path), constants.COPYFILE_FICLONE);
  }
}

async function moveToPlaces(staging: string, wanted: Iterable<Wanted>): Promise<void> {
  for (const { entry, source } of wanted) {
    if (entry.path === source) continue;
    await mkdir(dirname(join(staging, entry.path)), { recursive: true });
    await rename(join(staging, source), join(staging, entry.path));
  }
}

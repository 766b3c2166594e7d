import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { path, putChange, revision } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import { sameEntry, type Entry } from '../../core/entry';
import { stepSize } from '../../core/cooperativeTask';
import { entryOf } from '../../core/wire';
import { replaceFile, syncFolder } from '../../io/fs/durable';
import { errnoOf } from '../../io/fs/errno';
import type { TransitionResult } from '../../io/apply/transition';
import type { Binding } from '../ports/syncState';

const suffix = '.pull.json';

const recordedEntry = putChange.omit({ op: true, path: true });
const recordedChange = z.object({
  path,
  before: recordedEntry.nullable(),
  after: recordedEntry.nullable(),
  /** Of a merge or a decision: what both sides came from; null where both made the file. */
  base: recordedEntry.nullish(),
});

/**
 * What a pull did to the disk, kept beside its backup folder.
 * - `made`: written before the first file was touched. Should the pull have been killed, the disk tells how far it came.
 * - `undoing`: an undo began, and may have been stopped.
 * - `undone`: it has nothing left to undo, and tells of no changes any more.
 */
const recordFile = z.object({
  version: z.literal(1),
  server: z.string(),
  tree: z.string(),
  state: z.enum(['made', 'undoing', 'undone']),
  revision,
  at: z.iso.datetime(),
  changes: z.array(recordedChange),
});

/** What a pull did to one path; of a merge or a decision, with what both sides came from, null for nothing. */
export interface PulledChange extends Change {
  readonly base?: Entry | null | undefined;
}

export interface PullRecord extends Binding {
  readonly state: z.infer<typeof recordFile>['state'];
  /** The revision that was pulled. */
  readonly revision: number;
  /** When, as an ISO date and time. */
  readonly at: string;
  /** What stood at each path before and after; links and files alike. */
  readonly changes: readonly PulledChange[];
  /** Where what it replaced or deleted is kept. It is not there when the pull only added. */
  readonly backup: string;
}

/**
 * Runs `apply`, a pull's way to the disk, with a record of it.
 * Invariant: the record is durable before the first file is touched, so that a killed pull can be undone too.
 */
export async function recordPull(
  pulled: Omit<PullRecord, 'state' | 'at'>,
  apply: () => Promise<TransitionResult>,
): Promise<TransitionResult> {
  if (pulled.changes.length === 0) return apply();
  const record: PullRecord = { ...pulled, state: 'made', at: new Date().toISOString() };
  await mkdir(dirname(pulled.backup), { recursive: true });
  await saveRecord(record);
  const result = await apply();
  const held = new Set(result.skipped.map((one) => one.path));
  const made = pulled.changes.filter((change) => !held.has(change.path));
  if (made.length === 0) await rm(pulled.backup + suffix, { force: true });
  else if (made.length < pulled.changes.length) await saveRecord({ ...record, changes: made });
  await syncFolder(dirname(pulled.backup));
  return result;
}

/** Durable when it resolves; a kill leaves the old record or the new. */
export async function saveRecord(record: PullRecord): Promise<void> {
  await replaceFile(record.backup + suffix, recordText(record));
}

/** In pieces, between which others have their turn: a pull may change a hundred thousand files. */
function* recordText({ server, tree, state, revision, at, changes }: PullRecord): Generator<string, undefined> {
  const record: z.infer<typeof recordFile> = { version: 1, server, tree, state, revision, at, changes: [] };
  const end = ']}';
  yield JSON.stringify(record).slice(0, -end.length);
  for (let start = 0; start < changes.length; start += stepSize) {
    const some = JSON.stringify(changes.slice(start, start + stepSize).map(recordedAs));
    yield (start === 0 ? '' : ',') + some.slice(1, -1);
  }
  yield end;
}

function recordedAs({ path, from, to, base }: PulledChange): z.infer<typeof recordedChange> {
  const both = { path, before: recorded(from), after: recorded(to) };
  return base === undefined ? both : { ...both, base: base === null ? null : written(base) };
}

/** The records of `backups`, newest first. One that is damaged, or of another version, is passed over. */
export async function* pullRecords(backups: string): AsyncGenerator<PullRecord> {
  let names: string[];
  try {
    names = await readdir(backups);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  // Invariant: a backup's name begins with its time, so that the order of names is that of time.
  const newestFirst = names
    .filter((name) => name.endsWith(suffix))
    .sort()
    .reverse();
  for (const name of newestFirst) {
    const record = await readRecord(join(backups, name));
    if (record !== undefined) yield record;
  }
}

/** How a record's paths stand now. */
export interface RecordCheck {
  /** Still what the pull made of them. */
  readonly untouched: readonly PulledChange[];
  /** Neither that nor what stood there before. */
  readonly changed: readonly string[];
}

/** Invariant: a record is believed only where the disk, which `standsAt` tells of, agrees with it. */
export function checkRecord(
  record: PullRecord,
  standsAt: (path: string) => Entry | undefined | 'unknown',
): RecordCheck {
  const untouched: PulledChange[] = [];
  const changed: string[] = [];
  for (const change of record.changes) {
    const now = standsAt(change.path);
    if (now === 'unknown') changed.push(change.path);
    else if (sameEntry(now, change.to)) untouched.push(change);
    else if (!sameEntry(now, change.from)) changed.push(change.path);
  }
  return { untouched, changed };
}

async function readRecord(file: string): Promise<PullRecord | undefined> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = recordFile.safeParse(content);
  if (!parsed.success) return undefined;
  const { server, tree, state, revision, at, changes } = parsed.data;
  return {
    server,
    tree,
    state,
    revision,
    at,
    changes: changes.map(({ path, before, after, base }) => ({
      path,
      from: entryIn(path, before),
      to: entryIn(path, after),
      base: base === null ? null : entryIn(path, base ?? null),
    })),
    backup: join(dirname(file), basename(file, suffix)),
  };
}

function recorded(entry: Entry | undefined): z.infer<typeof recordedEntry> | null {
  return entry === undefined ? null : written(entry);
}

function written(entry: Entry): z.infer<typeof recordedEntry> {
  const { kind, size, mtimeNs, mode, hash, target } = entry;
  return { kind, size, mtimeNs: mtimeNs.toString(), mode, hash, ...(target === undefined ? {} : { target }) };
}

function entryIn(path: string, written: z.infer<typeof recordedEntry> | null): Entry | undefined {
  return written === null ? undefined : entryOf({ ...written, path, revision: 0 });
}

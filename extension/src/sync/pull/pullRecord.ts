import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { path, putChange, revision } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import { stepSize } from '../../core/cooperativeTask';
import { sameEntry, type Entry } from '../../core/entry';
import { parsedJson } from '../../core/parsedJson';
import type { Rule } from '../../core/tracking/rule';
import { entryOf } from '../../core/wire';
import type { Skipped, ApplyResult } from '../../io/apply/applyState';
import { replaceFile, flushFolder } from '../../io/fs/durable';
import { readText } from '../../io/fs/files';
import { createFolder, listNames, removeAll } from '../../io/fs/folders';
import type { Binding } from '../ports/syncState';
import { newestFirst } from '../transfer/backups';

/** Records of other kinds have another suffix, so that version 0.1 does not take them for pulls. */
const recordSuffixes = { pull: '.pull.json', other: '.undo.json' } as const;
const markSuffix = '.deleted.json';
/** The changes of a pull that was undone, which automation does not make again. */
const undoneSuffix = '.undone.json';

const recordedEntry = putChange.omit({ op: true, path: true });
const recordedChange = z.object({
  path,
  before: recordedEntry.nullable(),
  after: recordedEntry.nullable(),
  /** See `PulledChange`. */
  base: recordedEntry.nullish(),
  untrackedBy: z.enum(['file', 'folder']).nullish(),
});

/**
 * The record of a pull, or of a decision for theirs, stored next to its backup folder.
 * - `made`: written before the first file is changed. After a kill, the disk shows which changes were made.
 * - `undoing`: an undo has begun, and may have been stopped.
 * - `undone`: nothing is left to undo; the record has no changes any more.
 * - `deleted`: a mark in place of the record, whose backup was deleted; it has no changes.
 */
const recordFile = z.object({
  version: z.literal(1),
  server: z.string(),
  tree: z.string(),
  state: z.enum(['made', 'undoing', 'undone', 'deleted']),
  revision,
  at: z.iso.datetime(),
  changes: z.array(recordedChange),
});

export interface PulledChange extends Change {
  /**
   * The ancestor before the change, if it was a merge, a decision or a restore; null if there was none. A pull's other
   * changes have it only if it is not `from`.
   */
  readonly base?: Entry | null | undefined;
  /** The rule of its own that untracked the path before a restore; null if it had none, undefined if it was tracked. */
  readonly untrackedBy?: Rule['kind'] | null | undefined;
}

export interface PullRecord extends Binding {
  /** `pull`: a pull, or a decision for theirs. `other`: a restore or another decision, undone only if it is named. */
  readonly kind: keyof typeof recordSuffixes;
  readonly state: z.infer<typeof recordFile>['state'];
  readonly revision: number;
  /** An ISO date and time. */
  readonly at: string;
  readonly changes: readonly PulledChange[];
  /** The folder with the replaced and deleted files. It does not exist if the pull only added files. */
  readonly backup: string;
}

export interface NewRecord extends Omit<PullRecord, 'state' | 'at'> {
  /** Whether a change was made if others were skipped; by default, if its path was not skipped. */
  readonly isMade?: (change: Change, skipped: readonly Skipped[]) => boolean;
}

/**
 * Calls `write`, which applies a pull or a decision to the disk, and records its changes without the skipped ones.
 * Invariant: the record is durable before the first file is changed, so that a killed pull can be undone too.
 */
export async function recordPull(
  { isMade, ...pulled }: NewRecord,
  write: () => Promise<ApplyResult>,
): Promise<ApplyResult> {
  if (pulled.changes.length === 0) return write();
  const record: PullRecord = { ...pulled, state: 'made', at: new Date().toISOString() };
  await createFolder(dirname(pulled.backup));
  await saveRecord(record);
  const result = await write();
  const skipped = new Set(result.skipped.map((one) => one.path));
  const isApplied = isMade ?? (({ path }: Change) => !skipped.has(path));
  const made = pulled.changes.filter((change) => isApplied(change, result.skipped));
  if (made.length === 0) await removeAll(recordPath(record));
  else if (made.length < pulled.changes.length) await saveRecord({ ...record, changes: made });
  await flushFolder(dirname(pulled.backup));
  return result;
}

/** Replaces the record. It is durable when this resolves; a kill leaves the old or the new one. */
export async function saveRecord(record: PullRecord): Promise<void> {
  await replaceFile(recordPath(record), recordText(record));
}

function recordPath({ backup, kind }: Pick<PullRecord, 'backup' | 'kind'>): string {
  return backup + recordSuffixes[kind];
}

/** Leaves a mark that the backup of a pull is deleted, before its record is. */
export async function markDeleted(backup: string): Promise<void> {
  const record = await recordOf(backup, 'pull');
  if (record === undefined || record.state === 'undone') return;
  await replaceFile(backup + markSuffix, recordText({ ...record, state: 'deleted', changes: [] }));
}

/** Remembers `changes` of a pull as undone, until `forgetUndone`. */
export async function markUndone(record: PullRecord, changes: readonly PulledChange[]): Promise<void> {
  await replaceFile(record.backup + undoneSuffix, recordText({ ...record, changes }));
}

/** The changes of pulls from `binding` that were undone and not pulled again, by path. */
export async function undoneChanges(backups: string, binding: Binding): Promise<Map<string, PulledChange[]>> {
  const undone = new Map<string, PulledChange[]>();
  for (const name of (await listNames(backups)).filter((name) => name.endsWith(undoneSuffix))) {
    const backup = join(backups, basename(name, undoneSuffix));
    const record = await readRecord(join(backups, name), backup, 'pull');
    if (record?.server !== binding.server || record.tree !== binding.tree) continue;
    for (const change of record.changes) undone.set(change.path, [...(undone.get(change.path) ?? []), change]);
  }
  return undone;
}

export async function forgetUndone(backups: string): Promise<void> {
  for (const name of await listNames(backups)) {
    if (name.endsWith(undoneSuffix)) await removeAll(join(backups, name));
  }
}

/** Whether a file beside the backups is the record of a pull. */
export function isRecord(name: string): boolean {
  return name.endsWith(recordSuffixes.pull);
}

/** Whether a file beside the backups marks that a pull's backup was deleted. */
export function isDeletionMark(name: string): boolean {
  return name.endsWith(markSuffix);
}

/** Yields pieces, so that other code can run in between: a pull may change a hundred thousand files. */
function* recordText({ server, tree, state, revision, at, changes }: PullRecord): Generator<string, undefined> {
  const record: z.infer<typeof recordFile> = { version: 1, server, tree, state, revision, at, changes: [] };
  const end = ']}';
  yield JSON.stringify(record).slice(0, -end.length);
  for (let start = 0; start < changes.length; start += stepSize) {
    const part = JSON.stringify(changes.slice(start, start + stepSize).map(recordedChangeOf));
    yield (start === 0 ? '' : ',') + part.slice(1, -1);
  }
  yield end;
}

function recordedChangeOf({ path, from, to, base, untrackedBy }: PulledChange): z.infer<typeof recordedChange> {
  const change = {
    path,
    before: recordedEntryOf(from),
    after: recordedEntryOf(to),
    ...(untrackedBy === undefined ? {} : { untrackedBy }),
  };
  return base === undefined ? change : { ...change, base: recordedEntryOf(base ?? undefined) };
}

/**
 * Reads the records of pulls in `backups`, and the marks of deleted ones, newest first. Damaged records, and those of another
 * version, are left out.
 */
export async function* pullRecords(backups: string): AsyncGenerator<PullRecord> {
  const names = await listNames(backups);
  const marks = names.filter((name) => isDeletionMark(name) && !names.includes(recordOfMark(name)));
  for (const name of newestFirst([...names.filter(isRecord), ...marks])) {
    const backup = join(backups, basename(basename(name, recordSuffixes.pull), markSuffix));
    const record = await readRecord(join(backups, name), backup, 'pull');
    if (record !== undefined) yield record;
  }
}

/** The name of the record that `mark` stands for. Both exist if the deletion was stopped in between. */
function recordOfMark(mark: string): string {
  return mark.slice(0, -markSuffix.length) + recordSuffixes.pull;
}

export interface RecordCheck {
  /** Changes whose path is still as the pull left it. */
  readonly unchanged: readonly PulledChange[];
  /** Paths that are neither as the pull left them nor as they were before it. */
  readonly changed: readonly string[];
}

/**
 * Compares a record with the disk: `entryAt` returns the file that is there now.
 * Invariant: a change counts as made only if the disk confirms it.
 */
export function checkRecord(
  { changes }: Pick<PullRecord, 'changes'>,
  entryAt: (path: string) => Entry | undefined | 'unknown',
): RecordCheck {
  const unchanged: PulledChange[] = [];
  const changed: string[] = [];
  for (const change of changes) {
    const now = entryAt(change.path);
    if (now === 'unknown') changed.push(change.path);
    else if (changesNoFile(change) || sameEntry(now, change.to)) unchanged.push(change);
    else if (!sameEntry(now, change.from)) changed.push(change.path);
  }
  return { unchanged, changed };
}

/** Whether a change is only a decision, such as to keep mine. */
export function changesNoFile({ from, to }: Change): boolean {
  return sameEntry(from, to);
}

/** Reads the record beside `backup`. Undefined if it does not exist, is damaged or of another version. */
export function recordOf(backup: string, kind: PullRecord['kind']): Promise<PullRecord | undefined> {
  return readRecord(recordPath({ backup, kind }), backup, kind);
}

async function readRecord(file: string, backup: string, kind: PullRecord['kind']): Promise<PullRecord | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const parsed = recordFile.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const { server, tree, state, revision, at, changes } = parsed.data;
  return {
    kind,
    server,
    tree,
    state,
    revision,
    at,
    changes: changes.map(({ path, before, after, base, untrackedBy }) => ({
      path,
      from: entryFrom(path, before),
      to: entryFrom(path, after),
      base: base === null ? null : entryFrom(path, base ?? null),
      untrackedBy,
    })),
    backup,
  };
}

function recordedEntryOf(entry: Entry | undefined): z.infer<typeof recordedEntry> | null {
  if (entry === undefined) return null;
  const { kind, size, mtimeNs, mode, hash, target } = entry;
  return { kind, size, mtimeNs: mtimeNs.toString(), mode, hash, ...(target === undefined ? {} : { target }) };
}

function entryFrom(path: string, recorded: z.infer<typeof recordedEntry> | null): Entry | undefined {
  return recorded === null ? undefined : entryOf({ ...recorded, path, revision: 0 });
}

import { sameEntry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import {
  changesNoFile,
  checkRecord,
  pullRecords,
  recordOf,
  type PulledChange,
  type PullRecord,
  type RecordCheck,
} from '../pull/pullRecord';
import type { LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { purposeOf, timeOf } from '../transfer/backups';
import { observeUntracked } from './restoreRecord';

/** A record that an undo can use, compared with the disk. */
export interface Undoable {
  readonly record: PullRecord;
  readonly check: RecordCheck;
}

type UndoableContext = Pick<LocalContext, 'replica' | 'folders'>;

/** The last pull, or decision for theirs, that an undo would undo, going by the last scan. Throws backup_deleted. */
export async function findLastPull({ replica, folders }: UndoableContext): Promise<Undoable | undefined> {
  for await (const record of pullRecords(folders.backups)) {
    if (record.state === 'undone' || !isOfBinding(record, replica)) continue;
    if (record.state === 'deleted') {
      throw new PalmtreeError('backup_deleted', `the backup of the pull of revision ${record.revision} was deleted`);
    }
    const check = checkAgainstDisk(record, replica);
    // If it has no effect, the pull was killed before its first change, or the user has reverted all changes.
    const hasEffect = check.unchanged.length > 0 || check.changed.length > 0;
    if (hasEffect || record.state === 'undoing') return { record, check };
  }
  return undefined;
}

/**
 * Calls `work` with the last pull, or with the pull, restore or decision whose backup is `only`, whatever came since.
 * Throws backup_deleted, and nothing_to_undo if nothing is recorded.
 */
export async function withUndoable<T>(
  context: UndoableContext,
  only: string | undefined,
  work: (undoable: Undoable) => Promise<T>,
): Promise<T> {
  const { replica } = context;
  const record = only === undefined ? undefined : ((await recordOf(only, 'other')) ?? (await recordOf(only, 'pull')));
  const isUsable = record !== undefined && record.state !== 'undone' && isOfBinding(record, replica);
  if (isUsable && record.kind === 'other') return withUntracked(replica, record, work);
  if (isUsable) return work({ record, check: checkAgainstDisk(record, replica) });
  if (only !== undefined) throw notUndoable(only, record);
  const last = await findLastPull(context);
  if (last !== undefined) return work(last);
  throw new PalmtreeError('nothing_to_undo', 'nothing is recorded that can be undone');
}

/** The error for a named change of which nothing can be undone. */
function notUndoable(backup: string, record: PullRecord | undefined): PalmtreeError {
  const state = record === undefined ? 'deleted' : record.state === 'undone' ? 'undone' : 'elsewhere';
  const details = { undo: { ...namedChange(backup, record?.revision), state } } as const;
  return new PalmtreeError('nothing_to_undo', `${backup}: ${state}`, { details });
}

export type ChangeKind = 'pull' | 'decision' | 'restore' | 'discard';

/** The kind of the change that made a backup. A decision for theirs has a record like that of a pull, and another name. */
export function changeKind(backup: string): ChangeKind {
  const purpose = purposeOf(backup);
  if (/^r\d+$/.test(purpose)) return 'pull';
  if (purpose === 'discarded') return 'discard';
  return purpose.startsWith('restored') ? 'restore' : 'decision';
}

/** The change that a backup belongs to. */
export function namedChange(backup: string, revision: number | undefined) {
  const kind = changeKind(backup) === 'pull' ? 'pull' : 'other';
  return { kind, revision, at: timeOf(backup) } as const;
}

/** A restore may have written untracked files, which no scan observes. */
async function withUntracked<T>(
  replica: Replica,
  record: PullRecord,
  work: (undoable: Undoable) => Promise<T>,
): Promise<T> {
  const selection = replica.rules.selection();
  const untracked = record.changes.map(({ path }) => path).filter((path) => !selection.includes(path));
  await observeUntracked(replica, untracked);
  try {
    return await work({ record, check: checkAgainstDisk(record, replica, new Set(untracked)) });
  } finally {
    replica.local.removeUnscanned(untracked);
  }
}

function isOfBinding({ server, tree }: PullRecord, { binding }: Replica): boolean {
  return server === (binding?.server ?? '') && tree === (binding?.tree ?? '');
}

function checkAgainstDisk(
  record: PullRecord,
  replica: Replica,
  untracked: ReadonlySet<string> = new Set(),
): RecordCheck {
  const { local, rules, planner, ancestor } = replica;
  const selection = rules.selection();
  const isSyncable = planner.syncableTest();
  const isKnown = (path: string): boolean => untracked.has(path) || (isSyncable(path) && selection.includes(path));
  const { unchanged, changed } = checkRecord(record, (path) =>
    isKnown(path) ? local.observations.get(path) : 'unknown',
  );
  // A decision that kept mine is undone only until it is pushed.
  const isDecision = record.changes.some(changesNoFile);
  const isPushed = (path: string): boolean => sameEntry(ancestor.entries.get(path), local.observations.get(path));
  // Theirs that was taken in place has equalled the ancestor from the beginning.
  const mayBePushed = (change: PulledChange): boolean => changesNoFile(change) || change.base === undefined;
  const pushed = isDecision ? unchanged.filter((change) => mayBePushed(change) && isPushed(change.path)) : [];
  return {
    unchanged: unchanged.filter((change) => !pushed.includes(change)),
    changed: [...changed, ...pushed.map(({ path }) => path)],
  };
}

import type { PathDifference } from '../../../../server/src/contract/history';
import type { CommitResult } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import { sameEntry, type FileTable } from '../../core/entry';
import { entryOf, pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { throwIfCancelled } from '../transfer/runTransfer';
import { commit } from '../transfer/commit';
import { applicableChanges } from '../replica/applicableChanges';
import { countChanges, discard } from '../push/push';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { RevisionRef } from '../replica/ancestorState';
import type { Replica } from '../replica/replica';

/** Others may push while the undo is made ready; after this many plans it is told instead. */
const maxPlans = 4;

export interface UndoPushResult {
  /** The revision that takes the other back. */
  readonly revision: number;
  readonly put: number;
  readonly deleted: number;
  /** Paths that stay as they are: they changed since, or what was there before has no place any more. */
  readonly changedSince: readonly string[];
}

/**
 * Makes a revision that takes back what revision `number` changed, where the head still has it so. All content is
 * in the server's history: nothing is uploaded. Throws nothing_to_undo when no path can be taken back.
 * Invariant: neither the disk nor what was agreed on is touched; what the undo made comes with the next pull.
 */
export async function undoPush(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
  number: number,
): Promise<UndoPushResult> {
  reporter.step({ kind: 'fetchingRevision', revision: number });
  const detail = await remote.client.revision(remote.tree, number, reporter.signal);
  for (let plan = 0; plan < maxPlans; plan++) {
    const news = await replica.ancestor.fetchRemoteChanges(remote, reporter.signal);
    const { changes, skipped } = takenBack(detail.changes, replica.ancestor.remote('known'));
    if (changes.length === 0) {
      throw new PalmtreeError('nothing_to_undo', `revision ${number} has no change that stands as it made it`, {
        details: { paths: skipped },
      });
    }
    const committed = await send(remote, news, { changes, message: `Undo revision ${number}` }, reporter);
    if (committed === 'stale') continue;
    // The undo is made, whether or not the counts can follow at once.
    await replica.ancestor.fetchRemoteChanges(remote, reporter.signal).catch(() => undefined);
    return { revision: committed.revision, ...countChanges(changes), changedSince: skipped };
  }
  throw new PalmtreeError('keeps_changing', 'the server changed each time the undo was ready');
}

/** What brings `head` back to what stood before `differences`, and the paths that have to stay as they are. */
export function takenBack(
  differences: readonly PathDifference[],
  head: FileTable,
): { readonly changes: readonly Change[]; readonly skipped: readonly string[] } {
  const all = differences.map(({ path, before, after }) => ({
    path,
    before: before === null ? undefined : entryOf(before),
    after: after === null ? undefined : entryOf(after),
  }));
  const standing = all.filter(({ path, after }) => sameEntry(head.get(path), after));
  const wanted = standing.map(({ path, before }): Change => ({ path, from: head.get(path), to: before }));
  const changes = applicableChanges(head, wanted);
  const taken = new Set(changes.map(({ path }) => path));
  return { changes, skipped: all.map(({ path }) => path).filter((path) => !taken.has(path)) };
}

/** `stale`: somebody pushed since `head` was told. */
async function send(
  remote: ServerBinding,
  head: RevisionRef,
  { changes, message }: { readonly changes: readonly Change[]; readonly message: string },
  reporter: Reporter,
): Promise<CommitResult | 'stale'> {
  throwIfCancelled(reporter);
  const body = { base: head.revision, baseId: head.id, changes: pushChanges(changes), message };
  try {
    const session = await remote.client.beginPush(remote.tree, body, reporter.signal);
    try {
      if (session.upload.length > 0) {
        throw new PalmtreeError('content_unavailable', 'the server no longer has what stood there before', {
          details: { paths: session.upload },
        });
      }
      return await commit(remote, session.id, reporter);
    } catch (error) {
      await discard(remote, session);
      throw error;
    }
  } catch (error) {
    if (isPalmtreeError(error, 'stale_base')) return 'stale';
    throw error;
  }
}

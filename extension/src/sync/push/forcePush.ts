import type { Change } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { dropBlockedByServer } from '../../core/reconcile/dropBlockedByServer';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import type { CommandContext } from '../replica/commandContext';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import { findMarked, without } from './leaveOutMarked';
import type { PushResult } from './push';
import { OpenPush } from './openPush';
import { commitChanges, leaveOutRefused, maxPlans, maxTries, summarize, upload } from './pushSession';

/** The effect of a force push on the server's head. */
export interface ForcePushPlan {
  readonly head: number;
  /** Paths whose version on the server would be replaced by a different one. */
  readonly replaced: readonly string[];
  /** Paths that only the server has, which would be deleted there. */
  readonly deleted: readonly string[];
  /** Paths that only this disk has. */
  readonly added: readonly string[];
  /** Files with the conflict markers of an unfinished merge. They are left out, unless the answer names them. */
  readonly marked: readonly string[];
}

/** False cancels the push. An object also sends those of the `marked` files that it names. */
export type ForceAnswer = boolean | { readonly marked: ReadonlySet<string> };

/**
 * Makes the server's head equal to this disk, even if others have pushed since. Replaced versions stay in the history,
 * until a policy of the server removes them.
 * All tracked files are hashed again and listed, so the server verifies each and requests the content that it lacks.
 * Files that are being written are left out after the second plan, and paths that the server refuses after the first.
 * Files with conflict markers are left out, and so is the deletion of a path in conflict then: the file may have been
 * renamed.
 * Throws cancelled if `confirm` returns false; keeps_changing.
 * Invariant: nothing is replaced that `confirm` was not asked about.
 */
export async function forcePush(
  context: CommandContext,
  confirm: (replacement: ForcePushPlan) => Promise<ForceAnswer>,
): Promise<PushResult> {
  const busy = new Set<string>();
  let allowed: ReadonlySet<string> = new Set();
  const open = new OpenPush(context, { isPartial: false });
  let confirmed: ForcePushPlan | undefined;
  let uploadedBytes = 0;
  context.replica.local.forgetUnpushable();
  try {
    for (let plan = 1; plan <= maxPlans; plan++) {
      const wish = await planWish(context);
      let { changes, replacement } = planReplacement(wish, allowed);
      if (confirmed === undefined || !covers(confirmed, replacement)) {
        const answer = await confirm(replacement);
        if (answer === false) throw new PalmtreeError('cancelled', 'the force push was not confirmed');
        if (answer !== true) {
          allowed = answer.marked;
          ({ changes, replacement } = planReplacement(wish, allowed));
        }
        confirmed = replacement;
      }
      const sent = await send(context, { open, changes, replacement });
      uploadedBytes += sent.uploadedBytes;
      if (sent.changed === undefined) {
        const changed = changes.filter(({ from, to }) => !sameEntry(from, to));
        const marked = replacement.marked.filter((path) => !allowed.has(path));
        context.replica.local.markUnpushable(marked, 'conflict-markers');
        const skipped = [...skippedAs('busy', busy), ...skippedAs('markers', marked)];
        return { revision: context.replica.ancestor.revision, uploadedBytes, ...summarize(changed), skipped };
      }
      if (plan < maxTries) continue;
      for (const path of sent.changed) busy.add(path);
      context.replica.local.markUnpushable(sent.changed, 'busy');
    }
    throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
  } catch (error) {
    await open.leave(error);
    throw error;
  }
}

function skippedAs(reason: Skipped['reason'], paths: Iterable<string>): Skipped[] {
  return [...paths].map((path) => ({ path, reason }));
}

interface Sent {
  readonly uploadedBytes: number;
  /** Files that were written during the upload; undefined if the changes are committed. */
  readonly changed?: readonly string[];
}

interface Sending {
  readonly open: OpenPush;
  readonly changes: readonly Change[];
  readonly replacement: ForcePushPlan;
}

async function send(context: CommandContext, { open, changes, replacement }: Sending): Promise<Sent> {
  const { replica } = context;
  let uploadedBytes = 0;
  try {
    const session = await open.begin({
      base: replacement.head,
      force: true,
      changes: pushChanges(changes),
      folders: replica.rules.pushableFolders,
      untrackedFolders: replica.rules.untrackedFolders,
    });
    if (session.base !== replacement.head) return { uploadedBytes, changed: [] };
    uploadedBytes = await upload(context, { session, changes });
    await commitChanges(context, { session, changes, remoteChanges: replica.ancestor.remoteChanges?.changes });
    await open.committed();
    return { uploadedBytes };
  } catch (error) {
    if (leaveOutRefused(replica, changes, error)) return { uploadedBytes, changed: [] };
    if (isPalmtreeError(error, 'content_mismatch')) return { uploadedBytes, changed: error.details.paths ?? [] };
    if (isPalmtreeError(error, 'stale_base') || isPalmtreeError(error, 'session_not_found')) {
      return { uploadedBytes, changed: [] };
    }
    throw error;
  }
}

/** Whether `replacement` has no effect that `confirmed` does not have. */
function covers(confirmed: ForcePushPlan, replacement: ForcePushPlan): boolean {
  const hasAll = (all: readonly string[], some: readonly string[]): boolean => {
    const paths = new Set(all);
    return some.every((path) => paths.has(path));
  };
  return (
    confirmed.head === replacement.head &&
    hasAll(confirmed.replaced, replacement.replaced) &&
    hasAll(confirmed.deleted, replacement.deleted) &&
    hasAll(confirmed.added, replacement.added)
  );
}

/** The changes that make the server's head equal to this disk, before any are left out. */
interface Wish {
  readonly head: number;
  readonly changes: readonly Change[];
  /** Files with conflict markers. */
  readonly marked: ReadonlySet<string>;
  /** Paths that both sides changed. */
  readonly conflicts: ReadonlySet<string>;
  /** The paths that the server has. */
  readonly onServer: readonly string[];
}

async function planWish(context: CommandContext): Promise<Wish> {
  const { replica, reporter } = context;
  reporter.step({ kind: 'verifyingAll' });
  await replica.scan({ verify: true, signal: reporter.signal });
  const { revision: head } = await fetchRemoteChanges(context, { comparesAnew: true });
  const onServer = replica.ancestor.remote('known');
  const observations = replica.local.table((path) => replica.ancestor.entries.get(path) ?? onServer.get(path));
  const selection = replica.rules.selection();
  const isSyncable = replica.planner.syncableTest();
  const { plan, unrepresentable, held } = await replica.planner.reconcile('known');
  const changes: Change[] = [];
  for (const [path, from] of onServer) {
    // A path without any rule here was never pulled: this machine has no right to delete it.
    const isOurs = selection.includes(path) && isSyncable(path);
    // Invariant: a path that this disk cannot store, that a pull held back or the server refused, does not look deleted.
    const isHeldBack = unrepresentable.has(path) || held.has(path) || replica.local.unpushable.has(path);
    if (isOurs && !isHeldBack && !observations.has(path)) changes.push({ path, from, to: undefined });
  }
  for (const [path, to] of observations) {
    const isSendable = !replica.local.unpushable.has(path) && !replica.local.isFaulty(path);
    if (isSyncable(path) && isSendable) changes.push({ path, from: onServer.get(path), to });
  }
  const conflicts = new Set(plan.conflicts.map(({ path }) => path));
  return { head, changes, marked: await findMarked(replica.root, changes), conflicts, onServer: [...onServer.keys()] };
}

/** Leaves out the marked files that are not `allowed`, and what the server could not store beside what stays there. */
function planReplacement(
  { head, changes: wanted, marked, conflicts, onServer }: Wish,
  allowed: ReadonlySet<string>,
): { changes: readonly Change[]; replacement: ForcePushPlan } {
  const leftOut = new Set([...marked].filter((path) => !allowed.has(path)));
  const isRenamed = ({ path, to }: Change): boolean => to === undefined && conflicts.has(path);
  if (leftOut.size > 0) for (const change of wanted) if (isRenamed(change)) leftOut.add(change.path);
  const sendable = without(wanted, leftOut);
  const planned = new Set(sendable.map(({ path }) => path));
  const staying = onServer.filter((path) => !planned.has(path));
  const { changes } = dropBlockedByServer(sendable, staying);
  const pathsOf = (matches: (change: Change) => boolean): string[] => changes.filter(matches).map(({ path }) => path);
  const replacement = {
    head,
    replaced: pathsOf(({ from, to }) => from !== undefined && to !== undefined && !sameEntry(from, to)),
    deleted: pathsOf(({ to }) => to === undefined),
    added: pathsOf(({ from }) => from === undefined),
    marked: [...marked],
  };
  return { changes, replacement };
}

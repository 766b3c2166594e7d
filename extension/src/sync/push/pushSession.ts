import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommitResult, PushSession } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { changedNames, type ChangedNames } from '../../core/changedNames';
import type { Entry } from '../../core/entry';
import { renamedFiles } from '../../core/status/pendingRenames';
import { isPalmtreeError } from '../../errors';
import { runYielding } from '../../io/threads/yielding';
import type { RemoteChanges } from '../replica/ancestorState';
import type { CommandContext } from '../replica/commandContext';
import { forgetCommit, recordCommit } from '../replica/pendingCommit';
import type { Replica } from '../replica/replica';
import { commit } from '../transfer/commit';
import { sizesOf, withTransfer } from '../transfer/runTransfer';
import { sendPacks } from '../transfer/sendPacks';

/** A file that changes while it is uploaded is hashed and sent in this many plans, and then left out. */
export const maxTries = 2;
/** After this many plans, different files or the server's head changed each time, and the push gives up. */
export const maxPlans = 10;

export interface SessionChanges {
  readonly session: PushSession;
  readonly changes: readonly Change[];
}

/** Uploads the content that the server asked for, and returns the bytes sent. */
export async function upload(context: CommandContext, { session, changes }: SessionChanges): Promise<number> {
  const { upload: paths, packs: packedPaths = [] } = session;
  if (paths.length + packedPaths.length === 0) return 0;
  // Yields first: parsing the response that lists the paths did not.
  await nextTurn();
  const found = await runYielding(entriesByPathSteps([paths, ...packedPaths], changes));
  const alone = entriesAt(paths, found);
  const packs = packedPaths.map((list) => entriesAt(list, found));
  const entries = [...alone, ...packs.flat()];
  context.reporter.step({ kind: 'sending', count: entries.length });
  const packer = packs.length === 0 ? undefined : context.server.openPacker?.();
  try {
    const result = await withTransfer(context, { direction: 'push', session, entries }, async (transfer) => {
      const onProgress = transfer.meter.part(alone);
      if (alone.length > 0) await transfer.run({ sizes: sizesOf(alone), onProgress });
      if (packer !== undefined) await sendPacks(context, packer, transfer, { id: session.id, packs });
    });
    return result.sentBytes;
  } finally {
    await packer?.close();
  }
}

function* entriesByPathSteps(
  lists: readonly (readonly string[])[],
  changes: readonly Change[],
): CooperativeTask<Map<string, Entry>> {
  const wanted = new Set<string>();
  for (const [number, path] of lists.flat().entries()) {
    if (number % stepSize === 0) yield;
    wanted.add(path);
  }
  const entries = new Map<string, Entry>();
  for (const [number, { path, to }] of changes.entries()) {
    if (number % stepSize === 0) yield;
    if (to !== undefined && wanted.has(path)) entries.set(path, to);
  }
  return entries;
}

function entriesAt(paths: readonly string[], entries: ReadonlyMap<string, Entry>): Entry[] {
  return paths.flatMap((path) => entries.get(path) ?? []);
}

/** Commits the changes and saves them as synced. The other `remoteChanges` of the new revision become unapplied. */
export async function commitChanges(
  context: CommandContext,
  {
    session,
    changes,
    remoteChanges,
  }: SessionChanges & { readonly remoteChanges?: RemoteChanges['changes'] | undefined },
): Promise<CommitResult> {
  const { replica } = context;
  await recordCommit(context, session);
  replica.ancestor.setPendingCommit(changes);
  const committed = await commit(context, session.id);
  await replica.ancestor.markAllSynced(changes);
  await replica.ancestor.moveTo(committed, remoteChanges, new Set(changes.map(({ path }) => path)));
  replica.removeLapsedRules();
  await replica.save();
  await forgetCommit(context);
  return committed;
}

/** Ends the session. An abandoned session expires by itself, and an error here must not hide an earlier one. */
export async function discard({ server }: CommandContext, session: PushSession): Promise<void> {
  await server.client.endPush(server.tree, session.id).catch(() => undefined);
}

export function countChanges(changes: readonly Change[]): { put: number; deleted: number; renamed: number } {
  const { names: _names, ...counts } = summarize(changes);
  return counts;
}

/** A renamed file counts as renamed, and as put and deleted too. */
export function summarize(changes: readonly Change[]): {
  put: number;
  deleted: number;
  renamed: number;
  names: ChangedNames;
} {
  const deleted = changes.filter(({ to }) => to === undefined).length;
  const renames = renamedFiles(changes);
  const names = changedNames(changes, renames);
  return { put: changes.length - deleted, deleted, renamed: renames.length, names };
}

/** Leaves paths that the server refused out of the next plan. Returns false if the error is about no path of this one. */
export function leaveOutRefused({ local }: Replica, changes: readonly Change[], error: unknown): boolean {
  const isPath = isPalmtreeError(error, 'invalid_path');
  if (!isPath && !isPalmtreeError(error, 'invalid_link')) return false;
  // A deletion or a replacement of a link can make another link lead outside.
  const planned = new Set(changes.flatMap(({ path, to }) => (isPath && to === undefined ? [] : [path])));
  const refused = (error.details.paths ?? []).filter((path) => planned.has(path));
  local.markUnpushable(refused, isPath ? 'path-too-long-there' : 'link-refused');
  return refused.length > 0;
}

import { parsedJson } from '../../core/parsedJson';
import { changeOf } from '../../core/wire';
import { replaceFile } from '../../io/fs/durable';
import { isFull } from '../../io/fs/errno';
import { readText } from '../../io/fs/files';
import { PalmtreeError } from '../../errors';
import { removeAll } from '../../io/fs/folders';
import type { CommandContext } from './commandContext';

/** A push whose commit was sent and not yet acknowledged, in a file that outlives the window. */
interface PendingCommit {
  /** The server's address. */
  readonly server: string;
  readonly tree: string;
  /** The id of the push. */
  readonly id: string;
  /** The revision that the push is based on. */
  readonly base: number;
}

/**
 * To be called before the commit of a push. Throws the system's error, unless the disk is full.
 * Invariant: the record is durable before the server can commit. Without it, a push whose response was lost would later
 * look as if it had never been made, and files that others have deleted since would come back with the next push.
 */
export async function recordCommit(
  { server, folders }: Pick<CommandContext, 'server' | 'folders'>,
  { id, base }: Pick<PendingCommit, 'id' | 'base'>,
): Promise<void> {
  const record: PendingCommit = { server: server.client.address, tree: server.tree, id, base };
  await replaceFile(folders.pendingCommit, Buffer.from(JSON.stringify(record))).catch((error: unknown) => {
    // A full disk must not stop the push.
    if (!isFull(error)) throw error;
  });
}

/** To be called once the result of the commit is saved, or if there will be none. */
export async function forgetCommit({ folders }: Pick<CommandContext, 'folders'>): Promise<void> {
  await removeAll(folders.pendingCommit);
}

/**
 * Asks the server about a pending commit. If it was made, its changes are synced as if the response had arrived. Throws
 * revision_not_found if retention has removed some of them, so that nobody knows any more what both sides had.
 */
export async function settleCommit(context: CommandContext): Promise<void> {
  const { replica, server, reporter } = context;
  const pending = await read(context);
  if (pending === undefined) return;
  const committed = await server.client.committedPush(server.tree, pending.id, reporter.signal);
  if (committed !== undefined && committed.revision > pending.base) {
    const compared = await server.client.compare(server.tree, pending.base, committed.revision, reporter.signal);
    const removed = compared.changes.find(({ afterRemoved }) => afterRemoved === true);
    if (removed !== undefined) {
      const text = `retention has removed ${removed.path} at revision ${committed.revision}`;
      throw new PalmtreeError('revision_not_found', text);
    }
    await replica.ancestor.settle({ base: pending.base, committed, changes: compared.changes.map(changeOf) });
    replica.removeLapsedRules();
    await replica.save();
  }
  await forgetCommit(context);
}

/** Undefined if no commit is pending, or if it is one in another tree. */
async function read({ server, folders }: CommandContext): Promise<PendingCommit | undefined> {
  const record = parsedJson((await readText(folders.pendingCommit)) ?? '') as PendingCommit | null | undefined;
  return record?.server === server.client.address && record.tree === server.tree ? record : undefined;
}

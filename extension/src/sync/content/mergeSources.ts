import { join } from 'node:path';
import type { Conflict } from '../../core/change';
import type { Entry } from '../../core/entry';
import { maxMergeBytes } from '../../core/merge/mergeText';
import { isPalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { readSmallFile } from '../../io/fs/smallFile';
import { historicalContent } from './historicalContent';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';

/** Where the sides of a conflict are read. */
export interface Sources {
  readonly root: string;
  readonly remote: Pick<ServerBinding, 'client' | 'tree'>;
  /** The revision that the ancestor was agreed on at, or near it. */
  readonly agreed: number;
  /** The revision that has theirs. */
  readonly revision: number;
  readonly signal: AbortSignal;
}

/** For a conflict of `replica` with `revision`, which has theirs. */
export function sourcesOf(replica: Replica, remote: ServerBinding, { signal }: Reporter, revision: number): Sources {
  return { root: replica.root, remote, agreed: replica.ancestor.revision, revision, signal };
}

/** Whether `side` is a file that may be merged as a text, by its size. */
export function isSmallFile(side: Entry | undefined): side is Entry {
  return side?.kind === 'file' && side.size <= maxMergeBytes;
}

/** What stands on disk, if that is what was scanned; undefined when it is not any more. */
export async function readMine(root: string, local: Entry): Promise<Uint8Array | undefined> {
  const content = await readSmallFile(join(root, local.path), maxMergeBytes);
  return content !== undefined && sha256(content) === local.hash ? content : undefined;
}

/** What the server has; undefined when it cannot give what it declares. */
export async function readTheirs(sources: Sources, remote: Entry): Promise<Uint8Array | undefined> {
  const { client, tree } = sources.remote;
  return verified(remote, () => client.content(tree, remote.path, sources.revision, sources.signal));
}

/** What was agreed on last; undefined where the server's history does not have it. */
export async function readBase(sources: Sources, { ancestor }: Conflict): Promise<Uint8Array | undefined> {
  if (!isSmallFile(ancestor)) return undefined;
  return verified(ancestor, () => historicalContent(sources.remote, ancestor, sources.agreed, sources.signal));
}

async function verified(
  { hash }: Entry,
  fetch: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  try {
    const content = await fetch();
    return content !== undefined && sha256(content) === hash ? content : undefined;
  } catch (error) {
    if (isPalmtreeError(error, 'not_found') || isPalmtreeError(error, 'content_unavailable')) return undefined;
    throw error;
  }
}

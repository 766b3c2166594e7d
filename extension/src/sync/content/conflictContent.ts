import type { Conflict } from '../../core/change';
import type { Entry } from '../../core/entry';
import { maxMergeBytes } from '../../core/merge/mergeText';
import { isPalmtreeError, type ErrorCode } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { CommandContext } from '../replica/commandContext';
import { historicalContent } from './historicalContent';

const notTheContent: ReadonlySet<ErrorCode> = new Set([
  'not_found',
  'version_removed',
  'content_unavailable',
  'too_much_data',
]);

/** Whether an entry of a conflict is a file that is small enough to be merged as text. */
export function isSmallFile(entry: Entry | undefined): entry is Entry {
  return entry?.kind === 'file' && entry.size <= maxMergeBytes;
}

/** The server's content of `theirs` in `revision`; undefined if the server has lost it, or returns another content. */
export async function readTheirs(
  { server, reporter }: CommandContext,
  { theirs, revision }: { readonly theirs: Entry; readonly revision: number },
): Promise<Uint8Array | undefined> {
  const { path, size } = theirs;
  return verified(theirs, () => server.client.content(server.tree, { path, size, revision }, reporter.signal));
}

/** The content of the ancestor, from the server's history; undefined if it is not there, or is no small file. */
export async function readBase(
  { replica, server, reporter }: CommandContext,
  { ancestor }: Conflict,
): Promise<Uint8Array | undefined> {
  if (!isSmallFile(ancestor)) return undefined;
  const { path, size, hash } = ancestor;
  const { revision } = replica.ancestor;
  return verified(ancestor, () => historicalContent(server, { path, size, hash, revision }, reporter.signal));
}

async function verified(
  { hash }: Entry,
  fetch: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  try {
    const content = await fetch();
    return content !== undefined && sha256(content) === hash ? content : undefined;
  } catch (error) {
    if (isPalmtreeError(error) && notTheContent.has(error.code)) return undefined;
    throw error;
  }
}

import type { Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { ServerBinding } from '../ports/serverBinding';

/**
 * The content that `entry` declares, from the server's history of its path; undefined where it is in none of it.
 * `revision` is where it is looked for first.
 */
export async function historicalContent(
  remote: Pick<ServerBinding, 'client' | 'tree'>,
  entry: Pick<Entry, 'path' | 'hash'>,
  revision: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const found = await contentAt(remote, entry.path, revision, signal);
  if (found !== undefined && sha256(found) === entry.hash) return found;
  const version = await versionOf(remote, entry, signal);
  return version === undefined ? undefined : contentAt(remote, entry.path, version, signal);
}

/** The newest revision in which the path had the content. */
async function versionOf(
  { client, tree }: Pick<ServerBinding, 'client' | 'tree'>,
  { path, hash }: Pick<Entry, 'path' | 'hash'>,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for (let before: number | undefined; ;) {
    const { versions, more } = await client.history(tree, path, before, signal);
    const found = versions.find(({ entry }) => entry?.hash === hash);
    if (found !== undefined) return found.revision;
    before = versions.at(-1)?.revision;
    if (!more || before === undefined) return undefined;
  }
}

async function contentAt(
  { client, tree }: Pick<ServerBinding, 'client' | 'tree'>,
  path: string,
  revision: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (revision === 0) return undefined;
  try {
    return await client.content(tree, path, revision, signal);
  } catch (error) {
    if (isPalmtreeError(error, 'not_found') || isPalmtreeError(error, 'revision_not_found')) return undefined;
    throw error;
  }
}

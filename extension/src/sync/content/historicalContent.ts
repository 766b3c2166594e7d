import type { Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { TreeClient } from '../ports/serverBinding';

export interface HistoricalVersion extends Pick<Entry, 'path' | 'hash'> {
  /** The revision that is tried first; it probably has this version. */
  readonly revision: number;
}

/** The content of one version of a path; undefined if it is not in the server's history of that path. */
export async function historicalContent(
  server: TreeClient,
  { path, hash, revision }: HistoricalVersion,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const content = await contentAt(server, path, revision, signal);
  if (content !== undefined && sha256(content) === hash) return content;
  const found = await findRevision(server, { path, hash }, signal);
  return found === undefined ? undefined : contentAt(server, path, found, signal);
}

/** The newest revision in which the path has that hash. */
async function findRevision(
  { client, tree }: TreeClient,
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
  { client, tree }: TreeClient,
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

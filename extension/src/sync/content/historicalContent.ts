import type { PathVersion } from '../../../../server/src/contract/history';
import type { Entry } from '../../core/entry';
import { isPalmtreeError, type ErrorCode } from '../../errors';
import type { ContentRequest } from '../../io/api/client';
import { sha256 } from '../../io/fs/sha256';
import type { TreeClient } from '../ports/serverBinding';

export interface HistoricalVersion extends Pick<Entry, 'path' | 'size' | 'hash'> {
  /** The revision that is tried first; it probably has this version. */
  readonly revision: number;
}

const absent: ReadonlySet<ErrorCode> = new Set(['not_found', 'version_removed', 'revision_not_found', 'too_much_data']);

/** The content of one version of a path; undefined if it is not in the server's history of that path. */
export async function historicalContent(
  server: TreeClient,
  { path, size, hash, revision }: HistoricalVersion,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const content = await contentAt(server, { path, size, revision }, signal);
  if (content !== undefined && sha256(content) === hash) return content;
  const found = await findRevision(server, { path, hash }, signal);
  return found === undefined ? undefined : contentAt(server, { path, size, revision: found }, signal);
}

/** Whether retention has removed versions of `path` that were there by `revision`. */
export async function hadRemovedVersions(
  server: TreeClient,
  { path, revision }: Pick<HistoricalVersion, 'path' | 'revision'>,
): Promise<boolean> {
  for await (const { removed } of versionsOf(server, path)) {
    if (removed !== undefined && removed.since <= revision) return true;
  }
  return false;
}

/** The newest revision in which the path has that hash. */
async function findRevision(
  server: TreeClient,
  { path, hash }: Pick<Entry, 'path' | 'hash'>,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for await (const { entry, revision } of versionsOf(server, path, signal)) if (entry?.hash === hash) return revision;
  return undefined;
}

/** All versions of a path, newest first. */
async function* versionsOf(
  { client, tree }: TreeClient,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<PathVersion> {
  for (let before: number | undefined; ;) {
    const { versions, more } = await client.history(tree, path, before, signal);
    yield* versions;
    const next = versions.at(-1)?.revision;
    if (!more || next === undefined || next >= (before ?? Infinity)) return;
    before = next;
  }
}

async function contentAt(
  { client, tree }: TreeClient,
  version: ContentRequest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (version.revision === 0) return undefined;
  try {
    return await client.content(tree, version, signal);
  } catch (error) {
    // A larger content is another version of the path.
    if (isPalmtreeError(error) && absent.has(error.code)) return undefined;
    throw error;
  }
}

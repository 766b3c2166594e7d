import type { TreeHistory } from './treeHistory';

type Reads = Pick<TreeHistory, 'ancestorEntry' | 'ancestorContent' | 'versionAt' | 'serverContent'>;

/** The last synced content of `path`; undefined if it was not synced, or deleted. */
export async function syncedSide(history: Reads, path: string): Promise<Uint8Array | undefined> {
  return history.ancestorEntry(path) && history.ancestorContent(path);
}

/** The content of `path` in a revision of the server; undefined if there is no such file in it. */
export async function serverSide(history: Reads, path: string, revision: number): Promise<Uint8Array | undefined> {
  const version = revision === 0 ? undefined : await history.versionAt(path, revision);
  return version?.entry ? history.serverContent(path, revision) : undefined;
}

import type { Change } from '../contract/schemas';
import type { Database } from '../database/openDatabase';
import { EntryRepository } from '../trees/entryRepository';

/**
 * Counts the changes of a push that rename files: pairs of a deletion and an addition with the same content, and for empty
 * files the same name. The head must be as it is before the push.
 */
export async function countRenames(database: Database, treeId: number, changes: readonly Change[]): Promise<number> {
  const deleted = changes.flatMap((change) => (change.op === 'delete' ? [change.path] : []));
  const puts = changes.flatMap((change) => (change.op === 'put' ? [change] : []));
  if (deleted.length === 0 || puts.length === 0) return 0;
  const entries = new EntryRepository(database);
  const unpaired = new Map<string, number>();
  for (const entry of (await entries.atHead(treeId, deleted)).values()) {
    const key = contentKey(entry);
    unpaired.set(key, (unpaired.get(key) ?? 0) + 1);
  }
  const candidates = puts.filter((put) => unpaired.has(contentKey(put)));
  const existing = await entries.atHead(
    treeId,
    candidates.map(({ path }) => path),
  );
  let renamed = 0;
  for (const put of candidates) {
    const left = unpaired.get(contentKey(put)) ?? 0;
    if (left === 0 || existing.has(put.path)) continue;
    unpaired.set(contentKey(put), left - 1);
    renamed++;
  }
  return renamed;
}

interface Content {
  readonly path: string;
  readonly kind: string;
  readonly size: number;
  readonly hash: string;
}

/** All empty files are equal: only the name identifies one. */
function contentKey({ path, kind, size, hash }: Content): string {
  return size === 0 ? `${kind} ${path.slice(path.lastIndexOf('/') + 1)}` : `${kind} ${hash}`;
}

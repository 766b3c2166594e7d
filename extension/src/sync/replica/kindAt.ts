import { join } from 'node:path';
import type { Rule } from '../../core/tracking/rule';
import { statsLater } from '../../io/fs/stats';
import type { Replica } from './replica';

/** The kind of what is at `path` on this disk, else on the server; undefined if neither has anything there. Throws disk_fault. */
export async function kindAt(replica: Replica, path: string): Promise<Rule['kind'] | undefined> {
  const stats = await statsLater(join(replica.root, path));
  if (stats === undefined) return replica.kindOnServer(path);
  return stats.isDirectory() ? 'folder' : 'file';
}

import { inSlices } from '../concurrency/inSlices';
import { goesUpAgain, LinkResolver } from '../contract/links';
import type { Change, FileEntry } from '../contract/schemas';
import { pathsError } from '../errors';
import type { EntryRepository } from '../trees/entryRepository';
import { maxNamedPaths } from './validateChanges';

/**
 * Throws invalid_link when a symlink would lead outside the tree after the push, though each stays inside by itself. The
 * error names the symlinks of the push that are to blame, or else those that it replaces or deletes. `head` are the
 * entries of the changed paths.
 */
export async function checkLinks(
  entries: Pick<EntryRepository, 'headLinks' | 'headTargetsWithDots'>,
  treeId: number,
  changes: readonly Change[],
  head: ReadonlyMap<string, FileEntry>,
): Promise<void> {
  const put = new Map<string, string>();
  const replaced = new Set<string>();
  await inSlices(changes, (change) => {
    if (change.op === 'put' && change.target !== undefined) put.set(change.path, change.target);
    if (head.get(change.path)?.kind === 'symlink') replaced.add(change.path);
  });
  if (put.size === 0 && replaced.size === 0) return;
  const candidates = [...put.values(), ...(await entries.headTargetsWithDots(treeId))];
  // Nearly all trees have none.
  if (!candidates.some(goesUpAgain)) return;
  const links = await entries.headLinks(treeId);
  for (const path of replaced) links.delete(path);
  for (const [path, target] of put) links.set(path, target);
  const resolver = new LinkResolver(links);
  const blamed = { put: new Set<string>(), replaced: new Set<string>() };
  await inSlices(links, ([path, target]) => {
    if (!goesUpAgain(target)) return;
    for (const visited of resolver.wayOutside(path) ?? []) {
      if (put.has(visited)) blamed.put.add(visited);
      else if (replaced.has(visited)) blamed.replaced.add(visited);
    }
  });
  const paths = [...(blamed.put.size > 0 ? blamed.put : blamed.replaced)].slice(0, maxNamedPaths);
  if (paths.length > 0) throw pathsError('invalid_link', paths, 'would make a symlink lead outside the tree');
}

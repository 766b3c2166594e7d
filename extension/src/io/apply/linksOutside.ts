import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { goesUpAgain, LinkResolver } from '../../../../server/src/contract/links';
import type { CooperativeTask } from '../../core/cooperativeTask';
import { pointsInside } from '../fs/linkTarget';
import type { ApplyRequest, ApplyState } from './applyState';

/**
 * The paths of the put symlinks because of which a link would lead outside the workspace folder after all changes. Two
 * links can do so together, though each stays inside when it is created.
 */
export function* linksOutsideSteps({ changes, observations }: ApplyRequest): CooperativeTask<ReadonlySet<string>> {
  const put = new Set(changes.flatMap(({ path, to }) => (to?.target === undefined ? [] : [path])));
  const blamed = new Set<string>();
  if (put.size === 0) return blamed;
  const links = new Map<string, string>();
  for (const { path, target } of observations.values()) if (target !== undefined) links.set(path, target);
  for (const { path, to } of changes) {
    if (to?.target === undefined) links.delete(path);
    else links.set(path, to.target);
  }
  if (![...links.values()].some(goesUpAgain)) return blamed;
  const resolver = new LinkResolver(links);
  for (const [path, target] of links) {
    if (!goesUpAgain(target)) continue;
    yield;
    for (const visited of resolver.wayOutside(path) ?? []) if (put.has(visited)) blamed.add(visited);
  }
  return blamed;
}

/** Removes written symlinks that lead outside now, through links on this disk that are not synced. */
export async function removeLinksOutside(state: ApplyState): Promise<void> {
  const { realRoot, root, request, result } = state;
  const removed = new Set<string>();
  for (const { path, target } of result.written) {
    if (target === undefined) continue;
    await state.pause();
    if (pointsInside(realRoot, path, target)) continue;
    unlinkSync(join(root, path));
    removed.add(path);
    if (request.observations.has(path)) result.removed.push(path);
    state.skip(path, 'unsafe');
  }
  const kept = result.written.filter(({ path }) => !removed.has(path));
  result.written.length = 0;
  for (const written of kept) result.written.push(written);
}

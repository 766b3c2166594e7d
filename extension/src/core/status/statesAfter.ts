import type { Change } from '../change';
import type { Entry } from '../entry';
import { parentFolders, isInside } from '../paths';
import { outgoingState, type PathState, type PathStates } from './pathState';
import { classify } from '../reconcile/classify';

/** Access to the other tables by path. */
export interface OtherSides {
  readonly ancestor: (path: string) => Entry | undefined;
  readonly remote: (path: string) => Entry | undefined;
  readonly isSyncable: (path: string) => boolean;
}

/**
 * Updates `known` for `changes` on this disk by classifying only these paths. Returns undefined if other paths may be
 * affected; the caller must then reconcile all paths. A result equals that of reconciling all paths.
 *
 * A path affects others only if a conflict between a file and a folder begins or ends: the path was created, and the
 * server has a folder there or a file in place of a folder above it; or it was deleted while there are conflicts.
 */
export function statesAfter(known: PathStates, changes: readonly Change[], sides: OtherSides): PathStates | undefined {
  const states = new Map(known.states);
  let { tracked } = known;
  for (const { path, from, to } of changes) {
    const oldState = states.get(path);
    const state = sides.isSyncable(path) ? stateOf(path, to, sides) : undefined;
    if (oldState === 'both' || oldState === 'problem' || oldState === 'held' || [oldState, state].includes('conflict'))
      return undefined;
    if (state === undefined) states.delete(path);
    else states.set(path, state);
    tracked += Number(to !== undefined) - Number(from !== undefined);
  }
  if (changes.some((change) => affectsOthers(change, { ...known, states }, sides))) return undefined;
  return { states, conflicts: known.conflicts, tracked };
}

function affectsOthers({ path, from, to }: Change, { states, conflicts }: PathStates, { remote }: OtherSides): boolean {
  if ((from === undefined) === (to === undefined)) return false;
  if (to === undefined) return conflicts.length > 0 || hasBoth(states);
  for (const folder of parentFolders(path)) if (remote(folder) !== undefined) return true;
  // A remote file below a local file cannot exist here, so it has a state.
  for (const other of states.keys()) if (isInside(other, path)) return true;
  return false;
}

function hasBoth(states: PathStates['states']): boolean {
  for (const state of states.values()) if (state === 'both') return true;
  return false;
}

function stateOf(path: string, local: Entry | undefined, { ancestor, remote }: OtherSides): PathState | undefined {
  const theirs = remote(path);
  switch (classify(ancestor(path), local, theirs)) {
    case 'unchanged':
    case 'converged':
      return undefined;
    case 'download':
      return 'incoming';
    case 'upload':
      return outgoingState({ path, from: theirs, to: local });
    case 'conflict':
      return 'conflict';
  }
}

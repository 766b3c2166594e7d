import type { Entry } from '../entry';
import { parentFolders, isInside } from '../paths';
import { outgoingState, type PathState, type PathStates } from './pathState';
import { classify } from '../reconcile/classify';

/** What happened at one path of the disk. */
export interface LocalChange {
  readonly path: string;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** The other tables, looked at by path. */
export interface OtherSides {
  readonly ancestor: (path: string) => Entry | undefined;
  readonly remote: (path: string) => Entry | undefined;
  readonly isSyncable: (path: string) => boolean;
}

/**
 * `known` after `changes` of the disk, by a look at these paths alone; undefined where others may be concerned,
 * so that all must be reconciled. What it answers is what that would.
 *
 * A path concerns others only where it comes to clash with one, or ends a clash: it must be put where the server
 * has a folder or a file above it, or be taken away where there are conflicts.
 */
export function statesAfter(
  known: PathStates,
  changes: readonly LocalChange[],
  sides: OtherSides,
): PathStates | undefined {
  const states = new Map(known.states);
  let { outgoing, incoming, tracked } = known.counts;
  for (const { path, before, after } of changes) {
    const was = states.get(path);
    const is = sides.isSyncable(path) ? stateOf(path, after, sides) : undefined;
    if (was === 'conflict' || was === 'both' || was === 'problem' || is === 'conflict') return undefined;
    if (is === undefined) states.delete(path);
    else states.set(path, is);
    outgoing += Number(isOutgoing(is)) - Number(isOutgoing(was));
    incoming += Number(is === 'incoming') - Number(was === 'incoming');
    tracked += Number(after !== undefined) - Number(before !== undefined);
  }
  if (changes.some((change) => concernsOthers(change, { ...known, states }, sides))) return undefined;
  return { states, conflicts: known.conflicts, counts: { ...known.counts, outgoing, incoming, tracked } };
}

function concernsOthers(
  { path, before, after }: LocalChange,
  { states, conflicts }: PathStates,
  { remote }: OtherSides,
): boolean {
  if ((before === undefined) === (after === undefined)) return false;
  if (after === undefined) return conflicts.length > 0 || isAnyBoth(states);
  for (const folder of parentFolders(path)) if (remote(folder) !== undefined) return true;
  // What the server has below a file that stands here cannot stand here, so that it has a state.
  for (const other of states.keys()) if (isInside(other, path)) return true;
  return false;
}

function isAnyBoth(states: PathStates['states']): boolean {
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

function isOutgoing(state: PathState | undefined): boolean {
  return state === 'modified' || state === 'added' || state === 'deleted';
}

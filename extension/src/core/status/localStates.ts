import type { FileTable } from '../entry';
import { outgoingState, type PathState, type PathStates } from './pathState';

export interface LocalTables {
  readonly ancestor: Pick<FileTable, 'get'>;
  readonly local: Pick<FileTable, 'get'>;
}

/**
 * The states without a server: the changes of this disk since the last sync, and the problems. Nobody knows what a server
 * has that is not connected.
 */
export function localStates(states: PathStates['states'], { ancestor, local }: LocalTables): Map<string, PathState> {
  const found = new Map<string, PathState>();
  for (const [path, state] of states) {
    if (state === 'both' || state === 'conflict') {
      found.set(path, outgoingState({ path, from: ancestor.get(path), to: local.get(path) }));
    } else if (state !== 'incoming' && state !== 'held') found.set(path, state);
  }
  return found;
}

import type { FileTable } from '../entry';
import { outgoingState, type PathState, type PathStates } from './pathState';

export interface LocalTables {
  readonly ancestor: Pick<FileTable, 'get'>;
  readonly local: Pick<FileTable, 'get'>;
}

/**
 * The states without a server: the changes of this disk since the last sync, and the problems. The changes of a server that
 * is not connected are unknown.
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

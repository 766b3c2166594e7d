import { parentOf } from '../paths';
import type { PathState } from './pathState';

/** The numbers of paths in a folder that are out of sync. */
export interface PendingCounts {
  readonly outgoing: number;
  readonly incoming: number;
  readonly conflicts: number;
  readonly problems: number;
  readonly held: number;
}

/** The state of a folder that holds paths with a state. */
export interface FolderSummary {
  /** The most urgent state of the paths in the folder. */
  readonly state: PathState;
  readonly pending: PendingCounts;
}

type MutableCounts = { -readonly [count in keyof PendingCounts]: number };
interface MutableSummary {
  state: PathState;
  readonly pending: MutableCounts;
}

const cache = new WeakMap<ReadonlyMap<string, PathState>, ReadonlyMap<string, FolderSummary>>();

/**
 * Summarises the folders that hold paths with a state; `''` is the workspace folder. The result is cached by the map, so
 * `states` must not change afterwards.
 */
export function folderSummaries(states: ReadonlyMap<string, PathState>): ReadonlyMap<string, FolderSummary> {
  let summaries = cache.get(states);
  if (summaries === undefined) cache.set(states, (summaries = summarise(states)));
  return summaries;
}

/** Adds paths to their own folder, then each folder to those above it, since there are far fewer folders than paths. */
function summarise(states: ReadonlyMap<string, PathState>): ReadonlyMap<string, FolderSummary> {
  const own = new Map<string, MutableSummary>();
  for (const [path, state] of states) {
    addTo(own, parentOf(path) ?? '', state, countsByState[state]);
  }
  const all = new Map<string, MutableSummary>();
  for (const [folder, { state, pending }] of own) {
    addTo(all, '', state, pending);
    for (let end = folder.length; end > 0; end = folder.lastIndexOf('/', end - 1)) {
      addTo(all, folder.slice(0, end), state, pending);
    }
  }
  return all;
}

function addTo(folders: Map<string, MutableSummary>, folder: string, state: PathState, more: PendingCounts): void {
  let known = folders.get(folder);
  if (known === undefined) folders.set(folder, (known = { state, pending: { ...none } }));
  if (urgency[state] > urgency[known.state]) known.state = state;
  known.pending.outgoing += more.outgoing;
  known.pending.incoming += more.incoming;
  known.pending.conflicts += more.conflicts;
  known.pending.problems += more.problems;
  known.pending.held += more.held;
}

/** Adds a problem of the folder itself, such as a missing disk. */
export function withOwnProblem(summary: FolderSummary | undefined): FolderSummary {
  const { state = 'problem', pending = none } = summary ?? {};
  const isMoreUrgent = urgency[state] > urgency.problem;
  return { state: isMoreUrgent ? state : 'problem', pending: { ...pending, problems: pending.problems + 1 } };
}

const none: PendingCounts = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0, held: 0 };

const countsByState: Readonly<Record<PathState, PendingCounts>> = {
  modified: { ...none, outgoing: 1 },
  added: { ...none, outgoing: 1 },
  deleted: { ...none, outgoing: 1 },
  both: { ...none, outgoing: 1, incoming: 1 },
  incoming: { ...none, incoming: 1 },
  conflict: { ...none, conflicts: 1 },
  problem: { ...none, problems: 1 },
  held: { ...none, held: 1 },
};

const urgency: Readonly<Record<PathState, number>> = {
  conflict: 5,
  problem: 4,
  both: 3,
  modified: 3,
  added: 3,
  deleted: 3,
  incoming: 1,
  held: 2,
};

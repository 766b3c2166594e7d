import type { PathState } from './pathState';

/** How many paths in a folder are not in step. */
export interface PendingCounts {
  readonly outgoing: number;
  readonly incoming: number;
  readonly conflicts: number;
  readonly problems: number;
}

/** What is known of a folder that holds paths with a state. */
export interface FolderSummary {
  /** The most urgent state of what is in it. */
  readonly state: PathState;
  readonly pending: PendingCounts;
}

type Tally = { -readonly [count in keyof PendingCounts]: number };
interface Growing {
  state: PathState;
  readonly pending: Tally;
}

/**
 * The folders that hold paths with a state. Paths are added to their own folder first, and each folder once to those
 * above it: of many paths there are few folders.
 */
export function folderSummaries(states: ReadonlyMap<string, PathState>): ReadonlyMap<string, FolderSummary> {
  const own = new Map<string, Growing>();
  for (const [path, state] of states) {
    const end = path.lastIndexOf('/');
    if (end > 0) grow(own, path.slice(0, end), state, counted[state]);
  }
  const all = new Map<string, Growing>();
  for (const [folder, { state, pending }] of own) {
    for (let end = folder.length; end > 0; end = folder.lastIndexOf('/', end - 1)) {
      grow(all, folder.slice(0, end), state, pending);
    }
  }
  return all;
}

function grow(folders: Map<string, Growing>, folder: string, state: PathState, more: PendingCounts): void {
  let known = folders.get(folder);
  if (known === undefined) folders.set(folder, (known = { state, pending: { ...none } }));
  if (urgency[state] > urgency[known.state]) known.state = state;
  known.pending.outgoing += more.outgoing;
  known.pending.incoming += more.incoming;
  known.pending.conflicts += more.conflicts;
  known.pending.problems += more.problems;
}

const none: PendingCounts = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0 };

const counted: Readonly<Record<PathState, PendingCounts>> = {
  modified: { ...none, outgoing: 1 },
  added: { ...none, outgoing: 1 },
  deleted: { ...none, outgoing: 1 },
  both: { ...none, outgoing: 1, incoming: 1 },
  incoming: { ...none, incoming: 1 },
  conflict: { ...none, conflicts: 1 },
  problem: { ...none, problems: 1 },
};

const urgency: Readonly<Record<PathState, number>> = {
  conflict: 5,
  problem: 4,
  both: 3,
  modified: 3,
  added: 3,
  deleted: 3,
  incoming: 1,
};

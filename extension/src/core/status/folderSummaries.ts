import { isInside, parentFolders, parentOf } from '../paths';
import type { Rename } from '../reconcile/renames';
import type { PathState } from './pathState';
import type { PendingRenames } from './pendingRenames';

/** The numbers of changes in a folder that are not synced. A renamed file is one change, and so is any other path. */
export interface PendingCounts {
  readonly outgoing: number;
  readonly incoming: number;
  readonly conflicts: number;
  readonly problems: number;
  readonly held: number;
}

/** The state of a folder that contains paths with a state. */
interface FolderSummary {
  /** The most urgent state of the paths in the folder. */
  readonly state: PathState;
  readonly pending: PendingCounts;
  /** The number of changes, each counted once, whichever sides made it; without problems and held paths. */
  readonly changes: number;
}

export type FolderSummaries = ReadonlyMap<string, FolderSummary>;

type MutableCounts = { -readonly [count in keyof PendingCounts]: number };
interface MutableSummary {
  state: PathState;
  readonly pending: MutableCounts;
  changes: number;
}

/**
 * Summarizes the folders that contain paths with a state; `''` is the workspace folder. All counts of changes that users see
 * are from here. A file that was renamed from one folder to another is a change in both.
 */
export function folderSummaries(states: ReadonlyMap<string, PathState>, renames: PendingRenames): FolderSummaries {
  // Paths are added to their own folder, then each folder to those above it: there are far fewer folders than paths.
  const own = new Map<string, MutableSummary>();
  for (const [path, state] of states) {
    const pending = countsByState[state];
    addTo(own, parentOf(path) ?? '', { state, pending, changes: state === 'problem' || state === 'held' ? 0 : 1 });
  }
  const all = new Map<string, MutableSummary>();
  for (const [folder, summary] of own) {
    addTo(all, '', summary);
    for (let end = folder.length; end > 0; end = folder.lastIndexOf('/', end - 1)) {
      addTo(all, folder.slice(0, end), summary);
    }
  }
  for (const side of ['outgoing', 'incoming'] as const) {
    for (const rename of renames[side]) countOnce(all, side, rename);
  }
  return all;
}

/** Both paths of the rename were counted in the folders that contain both. */
function countOnce(
  folders: ReadonlyMap<string, MutableSummary>,
  side: keyof PendingRenames,
  { from, to }: Rename,
): void {
  for (const folder of [...parentFolders(from), '']) {
    const summary = folders.get(folder);
    if (summary === undefined || !isInside(to, folder)) continue;
    summary.pending[side]--;
    summary.changes--;
  }
}

function addTo(
  folders: Map<string, MutableSummary>,
  folder: string,
  { state, pending: more, changes }: FolderSummary,
): void {
  let known = folders.get(folder);
  if (known === undefined) folders.set(folder, (known = { state, pending: { ...noPending }, changes: 0 }));
  if (urgency[state] > urgency[known.state]) known.state = state;
  known.changes += changes;
  known.pending.outgoing += more.outgoing;
  known.pending.incoming += more.incoming;
  known.pending.conflicts += more.conflicts;
  known.pending.problems += more.problems;
  known.pending.held += more.held;
}

type ShownSummary = Pick<FolderSummary, 'state' | 'pending'>;

/** Adds a problem of the folder itself, such as a missing disk. */
export function withOwnProblem(summary: ShownSummary | undefined): ShownSummary {
  const { state = 'problem', pending = noPending } = summary ?? {};
  const isMoreUrgent = urgency[state] > urgency.problem;
  return { state: isMoreUrgent ? state : 'problem', pending: { ...pending, problems: pending.problems + 1 } };
}

export const noPending: PendingCounts = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0, held: 0 };

const countsByState: Readonly<Record<PathState, PendingCounts>> = {
  modified: { ...noPending, outgoing: 1 },
  added: { ...noPending, outgoing: 1 },
  deleted: { ...noPending, outgoing: 1 },
  both: { ...noPending, outgoing: 1, incoming: 1 },
  incoming: { ...noPending, incoming: 1 },
  conflict: { ...noPending, conflicts: 1 },
  problem: { ...noPending, problems: 1 },
  held: { ...noPending, held: 1 },
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

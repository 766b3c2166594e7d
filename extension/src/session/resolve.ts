import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conflict } from '../engine/change';
import {
  entanglements,
  keepBoth,
  keepMine,
  nameForTheirs,
  takenIn,
  takeTheirs,
  type Decision,
} from '../engine/decision';
import { hasConflictMarkers, maxMergeBytes } from '../engine/merge';
import { PalmtreeError } from '../errors';
import { readSmallFile } from '../io/smallFile';
import type { HeldBack } from '../io/transition';
import { throwIfCancelled } from './carry';
import { pull, type PullOptions } from './pull';
import type { Remote, Reporter } from './remote';
import type { Replica } from './replica';
import { backupFolder, putInPlace, stage, type PullFolders } from './stage';

/** What becomes of a file that changed on both sides. `both`: theirs is put beside mine under a free name. */
export type Choice = 'mine' | 'theirs' | 'both';

export interface ResolveOptions extends PullOptions {
  /** Keeps mine also where lines of a merge that is not finished are left in it. */
  readonly allowMarkers?: boolean;
}

/** What has both texts, and what they come from, between markers. */
const maxMarkedBytes = 4 * maxMergeBytes;

export interface ResolveResult {
  readonly resolved: readonly string[];
  readonly heldBack: readonly HeldBack[];
}

/**
 * Decides the conflicts at `paths`, and those that can only be decided with them. What replaces mine is put in
 * place as a pull does it, with a backup; what is kept of mine is then an ordinary change, to be pushed.
 * Throws conflict_markers, when mine is kept, alone or with theirs, and a merge of it is not finished.
 */
export async function resolve(
  replica: Replica,
  remote: Remote,
  folders: PullFolders,
  reporter: Reporter,
  request: { readonly paths: readonly string[]; readonly choice: Choice },
  options: ResolveOptions = {},
): Promise<ResolveResult> {
  await bringUpToDate(replica, remote, folders, reporter, request.paths, options);
  const decisions = decide(replica, request.paths, request.choice);
  if (request.choice !== 'theirs' && options.allowMarkers !== true) {
    await refuseMarkers(
      replica.root,
      decisions.map(({ path }) => path),
    );
  }
  const changes = decisions.flatMap(({ decision }) => decision.localChanges);
  const staged = await stage(replica, remote, folders, replica.state.revision, changes, reporter);
  try {
    throwIfCancelled(reporter);
    const applied = await putInPlace(replica, staged, changes, backupFolder(folders, 'resolved'), options.isUnsaved);
    const held = new Set(applied.heldBack.map(({ path }) => path));
    const done = decisions.filter(({ decision }) => !decision.localChanges.some(({ path }) => held.has(path)));
    for (const { decision } of done) {
      for (const { path, to } of decision.ancestorChanges) replica.agree(path, to);
      for (const { path } of decision.localChanges) replica.takeIn(path);
    }
    await replica.save();
    return { resolved: done.map(({ path }) => path), heldBack: applied.heldBack };
  } finally {
    await rm(staged.folder, { recursive: true, force: true });
  }
}

/** Pulls what the server was heard to have, so that a decision is made on the newest; conflicts at `paths` stay. */
export async function bringUpToDate(
  replica: Replica,
  remote: Remote,
  folders: PullFolders,
  reporter: Reporter,
  paths: readonly string[],
  options: PullOptions,
): Promise<void> {
  if (replica.incoming !== undefined && replica.incoming.revision !== replica.state.revision) {
    await pull(replica, remote, folders, reporter, { ...options, unmerged: new Set(paths) });
  } else {
    await replica.scan({ signal: reporter.signal });
  }
}

export async function refuseMarkers(root: string, paths: readonly string[]): Promise<void> {
  const marked: string[] = [];
  for (const path of paths) {
    const content = await readSmallFile(join(root, path), maxMarkedBytes);
    if (content !== undefined && hasConflictMarkers(new TextDecoder().decode(content))) marked.push(path);
  }
  if (marked.length === 0) return;
  throw new PalmtreeError('conflict_markers', `conflict markers in ${marked.join(', ')}`, {
    details: { paths: marked },
  });
}

function decide(
  replica: Replica,
  paths: readonly string[],
  choice: Choice,
): { readonly path: string; readonly decision: Decision }[] {
  const { conflicts } = replica.reconcile('agreed');
  const groups = entanglements(conflicts);
  const wanted = new Set(paths.flatMap((path) => groups.get(path) ?? []));
  const { observations, ancestor, heldBack } = replica.state;
  const taken = takenIn([observations.keys(), ancestor.keys(), heldBack.keys()], replica.nameRules);
  const label = `server r${replica.state.revision}`;
  const decisionFor = (conflict: Conflict): Decision => {
    if (choice === 'mine') return keepMine(conflict);
    if (choice === 'theirs') return takeTheirs(conflict);
    return keepBoth(conflict, nameForTheirs(conflict, groups.get(conflict.path) ?? [], taken, label));
  };
  return [...wanted].map((conflict) => ({ path: conflict.path, decision: decisionFor(conflict) }));
}

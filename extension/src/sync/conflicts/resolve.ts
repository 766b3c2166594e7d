import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conflict } from '../../core/change';
import { nameTaken } from '../../core/filenames/uniqueName';
import {
  conflictGroups,
  keepBoth,
  keepMine,
  nameForTheirs,
  takeTheirs,
  type Decision,
} from '../../core/reconcile/decision';
import { hasConflictMarkers, maxMergeBytes } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { readSmallFile } from '../../io/fs/smallFile';
import type { Skipped } from '../../io/apply/transition';
import { throwIfCancelled } from '../transfer/runTransfer';
import { pull, type PullOptions } from '../pull/pull';
import { recordPull } from '../pull/pullRecord';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { backupFolder, putInPlace, stage, type PullFolders } from '../transfer/stage';

/** What becomes of a file that changed on both sides. `both`: theirs is put beside mine under a free name. */
export type Choice = 'mine' | 'theirs' | 'both';

export interface ResolveOptions extends PullOptions {
  /** Keeps mine also where lines of a merge that is not finished are left in it. */
  readonly allowMarkers?: boolean;
}

/** What has both texts, and what they come from, between markers. */
export const maxMarkedBytes = 4 * maxMergeBytes;

export interface ResolveResult {
  readonly resolved: readonly string[];
  /** Where theirs was put beside mine, by the path of mine. */
  readonly beside: ReadonlyMap<string, string>;
  readonly skipped: readonly Skipped[];
  /** Where what was replaced here is kept, under the name by which `lastPull` tells of it. */
  readonly backup: string;
}

/**
 * Decides the conflicts at `paths`, and those that can only be decided with them. What replaces mine is put in
 * place as a pull does it, with a backup, and taking theirs can be undone like a pull; what is kept of mine is then an ordinary change, to be pushed.
 * Throws conflict_markers, when mine is kept, alone or with theirs, and a merge of it is not finished.
 */
export async function resolve(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  request: { readonly paths: readonly string[]; readonly choice: Choice },
  options: ResolveOptions = {},
): Promise<ResolveResult> {
  await bringUpToDate(replica, remote, folders, reporter);
  const decisions = await decide(replica, request.paths, request.choice);
  if (request.choice !== 'theirs' && options.allowMarkers !== true) {
    await refuseMarkers(
      replica.root,
      decisions.map(({ path }) => path),
    );
  }
  const changes = decisions.flatMap(({ decision }) => decision.localChanges);
  const staged = await stage(replica, remote, folders, replica.ancestor.revision, changes, reporter);
  try {
    throwIfCancelled(reporter);
    const backup = backupFolder(folders, 'resolved');
    const put = () => putInPlace(replica, staged, changes, backup, options.isUnsaved);
    const { revision, entries: ancestor } = replica.ancestor;
    const withBase = changes.map((change) => ({ ...change, base: ancestor.get(change.path) ?? null }));
    const taken = { server: remote.client.address, tree: remote.tree, revision, changes: withBase, backup };
    const applied = request.choice === 'theirs' ? await recordPull(taken, put) : await put();
    const held = new Set(applied.skipped.map(({ path }) => path));
    const done = decisions.filter(({ decision }) => !decision.localChanges.some(({ path }) => held.has(path)));
    for (const { decision } of done) {
      for (const { path, to } of decision.ancestorChanges) replica.ancestor.markSynced(path, to);
      for (const { path } of decision.localChanges) replica.rules.ensureTracked(path);
    }
    await replica.save();
    const beside = new Map(request.choice === 'both' ? done.flatMap(placesOfTheirs) : []);
    return { resolved: done.map(({ path }) => path), beside, skipped: applied.skipped, backup };
  } finally {
    await rm(staged.folder, { recursive: true, force: true });
  }
}

function placesOfTheirs({ path, decision }: { path: string; decision: Decision }): [mine: string, theirs: string][] {
  return decision.localChanges.flatMap((put) => (put.to === undefined || put.path === path ? [] : [[path, put.path]]));
}

/**
 * Takes over the server's newest revision, so that a decision is made on that.
 * Invariant: nothing of it is put on the disk: that is for a pull, which the user asks for.
 */
export async function bringUpToDate(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
): Promise<void> {
  if (
    replica.ancestor.remoteChanges !== undefined &&
    replica.ancestor.remoteChanges.revision !== replica.ancestor.revision
  ) {
    await pull(replica, remote, folders, reporter, { only: new Set() });
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

async function decide(
  replica: Replica,
  paths: readonly string[],
  choice: Choice,
): Promise<{ readonly path: string; readonly decision: Decision }[]> {
  const { conflicts } = (await replica.planner.reconcile('lastSynced')).plan;
  const groups = conflictGroups(conflicts);
  const wanted = new Set(paths.flatMap((path) => groups.get(path) ?? []));
  const { local, ancestor } = replica;
  const tables = [local.observations.keys(), ancestor.entries.keys(), ancestor.unappliedRemote.keys()];
  const known = nameTaken(tables, local.nameRules);
  const given = new Set<string>();
  // What is not tracked stands in the way all the same.
  const taken = (path: string): boolean => known(path) || given.has(path) || stands(join(replica.root, path));
  const label = `server r${replica.ancestor.revision}`;
  const decisionFor = (conflict: Conflict): Decision => {
    if (choice === 'mine') return keepMine(conflict);
    if (choice === 'theirs') return takeTheirs(conflict);
    const name = nameForTheirs(conflict, groups.get(conflict.path) ?? [], taken, label);
    given.add(name);
    return keepBoth(conflict, name);
  };
  return [...wanted].map((conflict) => ({ path: conflict.path, decision: decisionFor(conflict) }));
}

function stands(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

import { obeyedBy } from '../../core/filenames/obeyedFiles';
import type { HeldKind, HeldPath } from '../../core/reconcile/dropHeld';
import type { RemoteFolders } from '../../core/status/remoteFolders';
import type { Rule } from '../../core/tracking/rule';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { PalmtreeError } from '../../errors';
import { removeEmptyFolders } from '../../io/apply/removeEmptyFolders';
import { containsFile } from '../../io/fs/containsFile';
import { runYielding } from '../../io/threads/yielding';
import type { Replica } from './replica';

export interface BringRequest {
  /** Files and folders of the server, which are tracked here; `''` is the whole tree. */
  readonly paths: readonly string[];
  /** Files and folders of the server, which are untracked here. By default none. */
  readonly leave?: readonly string[] | undefined;
}

/** The rules of some paths, and of the paths in them, as they were before `bring`. */
export interface FormerRules {
  readonly paths: readonly string[];
  readonly rules: readonly Rule[];
}

/**
 * The files at and in `paths` that `bring` would bring here, and that programs run or obey by themselves: the user has to be
 * asked about them. `holds`: the kinds that are held back; by default those that the answers of the user leave held.
 */
export function* programFilesSteps(
  { rules, planner }: Replica,
  folders: RemoteFolders,
  paths: readonly string[],
  holds?: ReadonlySet<HeldKind>,
): CooperativeTask<HeldPath[]> {
  const all = new Set(paths.filter((path) => !folders.isFolder(path)));
  const inFolders = new Set<string>();
  let count = 0;
  for (const folder of paths) {
    if (!folders.isFolder(folder)) continue;
    const excluded = exclusionIn(rules, folder);
    for (const path of folders.filesIn(folder)) {
      if (++count % stepSize === 0) yield;
      if (all.has(path) || excluded(path)) continue;
      inFolders.add(path);
    }
  }
  for (const path of inFolders) all.add(path);
  return yield* planner.programFilesSteps(all, (path) => inFolders.has(path), { holds });
}

/**
 * Tracks paths of the server on this machine, so that the next pull brings them. `revertBring` undoes it.
 * Invariant: no other file of this disk becomes tracked, since the user did not ask to push it. A folder that contains
 * others is not tracked itself, only its files on the server.
 * Throws not_trackable with the paths that the server does not have.
 */
export async function bring(
  replica: Replica,
  folders: RemoteFolders,
  { paths, leave = [] }: BringRequest,
  signal: AbortSignal,
): Promise<FormerRules> {
  const { rules, ancestor } = replica;
  const onServer = ancestor.remote('known');
  const missing = paths.filter((path) => !folders.isFolder(path) && !onServer.has(path));
  if (missing.length > 0) {
    throw new PalmtreeError('not_trackable', `the server does not have ${missing.join(', ')}`, {
      details: { paths: missing },
    });
  }
  const all = [...paths, ...leave];
  const former = { paths: all, rules: rules.rulesIn(all) };
  for (const path of leave) rules.untrack(path, () => true);
  for (const path of paths) {
    if (!folders.isFolder(path)) trackFile(replica, path);
    else if (await containsOthers(replica, path)) await runYielding(trackFilesSteps(replica, folders, path));
    else rules.track(path, 'folder');
  }
  await replica.scan({ signal });
  await replica.save();
  return former;
}

/**
 * Undoes `bring`, and removes the rules that a pull has added in its paths since. The undo of that pull has left the folders
 * that were tracked, even if they are empty now.
 */
export async function revertBring(replica: Replica, { paths, rules }: FormerRules, signal: AbortSignal): Promise<void> {
  replica.rules.restoreRules(paths, rules);
  const isKept = (folder: string): boolean => {
    const rule = replica.rules.all.get(folder);
    return rule?.kind === 'folder' && rule.effect === 'track';
  };
  for (const path of paths) removeEmptyFolders(replica.root, path, isKept);
  await replica.scan({ signal });
  await replica.save();
}

function trackFile({ rules }: Replica, path: string): void {
  if (!rules.selection().includes(path)) rules.track(path, 'file');
}

/** Whether `folder` has files on this disk that only this disk has, and that tracking the folder would add. */
async function containsOthers({ root, rules, ancestor }: Replica, folder: string): Promise<boolean> {
  const onServer = ancestor.remote('known');
  const selection = rules.selection();
  const excluded = exclusionIn(rules, folder);
  const isOther = (path: string): boolean => !onServer.has(path) && !selection.includes(path);
  return containsFile(root, folder, isOther, excluded);
}

/** Tracks each of the server's files in `folder` by itself, except those that the user has to be asked about. */
function* trackFilesSteps(replica: Replica, folders: RemoteFolders, folder: string): CooperativeTask<void> {
  const { rules } = replica;
  // A file that is tracked by name is pulled unasked.
  const held = yield* programFilesSteps(replica, folders, [folder], new Set(['program']));
  const asked = new Set(held.map(({ path }) => path));
  const selection = rules.selection();
  const excluded = exclusionIn(rules, folder);
  let count = 0;
  for (const path of folders.filesIn(folder)) {
    if (++count % stepSize === 0) yield;
    const isAsked = asked.has(path) || obeyedBy(path) !== undefined;
    if (!isAsked && !selection.includes(path) && !excluded(path)) rules.addRule(path, 'file');
  }
}

/** Whether a path would be excluded if `folder` were tracked by name. */
function exclusionIn(rules: Replica['rules'], folder: string): (path: string) => boolean {
  const selection = rules.selection([{ path: folder, kind: 'folder', effect: 'track' }]);
  return (path) => selection.excludedBy(path, 'file') !== undefined;
}

import type { Entry, FileTable } from '../../core/entry';
import { obeyedBy } from '../../core/filenames/obeyedFiles';
import { isExecutable, type HeldKind } from '../../core/reconcile/dropHeld';
import type { Rules } from '../../core/tracking/rule';
import { isInside } from '../../core/paths';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { containsFile } from '../../io/fs/containsFile';
import { runYielding } from '../../io/threads/yielding';
import type { Replica } from './replica';

export interface AdoptOptions {
  /** The kinds that the pull holds back. */
  readonly holds: ReadonlySet<HeldKind>;
  /** The user has just agreed to these paths. */
  readonly approved?: ReadonlySet<string> | undefined;
}

/**
 * Tracks the folders and files of the tree here too, except those that the user untracked on this machine. A folder
 * that contains other files on this disk is skipped, and only its files on the server are tracked: the user did not ask to
 * push the others. Invariant: what the pull holds back is not tracked either, since a tracked path needs no consent.
 * Returns the outermost skipped folders whose files on the server are all new.
 */
export async function adoptServerRules(
  replica: Replica,
  folders: readonly string[],
  options: AdoptOptions,
): Promise<string[]> {
  const holdsScripts = replica.local.honoursModes && !replica.consent.isNew;
  const skipped = options.holds.has('outside') ? [] : await adoptFolders(replica, folders, options);
  await runYielding(adoptFilesSteps(replica, { ...options, holdsScripts }));
  return skipped;
}

async function adoptFolders(replica: Replica, folders: readonly string[], { holds }: AdoptOptions): Promise<string[]> {
  const { ancestor, rules } = replica;
  const [known, onServer] = [ancestor.remote('lastSynced'), ancestor.remote('known')];
  const skipped: string[] = [];
  const selection = rules.selection();
  for (const path of folders) {
    if (selection.ruleFor(path) !== undefined) continue;
    if (holds.has('program') && obeyedBy(path) !== undefined) continue;
    const isOther = (file: string): boolean => !onServer.has(file);
    const containsOthers = await containsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (containsOthers) skipped.push(path);
    else rules.addRule(path, 'folder');
  }
  const isNew = (folder: string): boolean => hasPathIn(onServer, folder) && !hasPathIn(known, folder);
  return skipped.filter((folder) => isNew(folder) && !skipped.some((other) => isInside(folder, other))).sort();
}

function* adoptFilesSteps(
  replica: Replica,
  { holds, approved, holdsScripts }: AdoptOptions & { readonly holdsScripts: boolean },
): CooperativeTask<void> {
  const { local, rules, ancestor } = replica;
  const selection = rules.selection();
  const isHeld = (path: string, entry: Entry): boolean => {
    if (approved?.has(path) === true || holds.size === 0) return false;
    return holds.has('outside') || obeyedBy(path) !== undefined || (holdsScripts && isExecutable(entry));
  };
  let visited = 0;
  for (const [path, entry] of ancestor.remote('known')) {
    if (++visited % stepSize === 0) yield;
    // Nearly all paths are observed, and an observed path is tracked.
    if (local.observations.has(path)) continue;
    if (isHeld(path, entry)) continue;
    if (selection.ruleFor(path) === undefined && !selection.excludes(path)) rules.addRule(path, 'file');
  }
}

function hasPathIn(table: FileTable, folder: string): boolean {
  for (const path of table.keys()) if (isInside(path, folder)) return true;
  return false;
}

/** Removes the rules that were adopted since `before`, and forgets the paths that only these included. */
export async function revertRules({ local, rules }: Replica, before: Rules): Promise<void> {
  if (!rules.removeAddedSince(before)) return;
  const selection = rules.selection();
  await local.forget((path) => !selection.includes(path));
}

import type { Entry, FileTable } from '../../core/entry';
import { obeyedBy } from '../../core/filenames/obeyedFiles';
import { isExecutable, type HeldKind } from '../../core/reconcile/dropHeld';
import type { Rules } from '../../core/tracking/rule';
import { parentFolders } from '../../core/paths';
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

/** Whether the pull holds a path of the server back. */
type HeldTest = (path: string, entry: Entry) => boolean;

/**
 * Tracks the folders and files of the tree here too, except those that the user untracked on this machine. A folder
 * that contains other files on this disk is skipped, and only its files on the server are tracked: the user did not ask to
 * push the others. Invariants: what the pull holds back is not tracked either, since a tracked path needs no consent. A
 * folder is tracked only if the tree has a file in it that nothing tracks here yet, and that the pull does not hold.
 * Returns the outermost skipped folders whose files on the server are all new.
 */
export async function adoptServerRules(
  replica: Replica,
  folders: readonly string[],
  options: AdoptOptions,
): Promise<string[]> {
  const isHeld = heldTest(replica, options);
  const skipped = options.holds.has('outside') ? [] : await adoptFolders(replica, folders, { ...options, isHeld });
  await runYielding(adoptFilesSteps(replica, isHeld));
  return skipped;
}

function heldTest({ local, consent }: Replica, { holds, approved }: AdoptOptions): HeldTest {
  const holdsScripts = local.honorsModes && !consent.isNew;
  return (path, entry) => {
    if (approved?.has(path) === true || holds.size === 0) return false;
    return holds.has('outside') || obeyedBy(path) !== undefined || (holdsScripts && isExecutable(entry));
  };
}

async function adoptFolders(
  replica: Replica,
  folders: readonly string[],
  { holds, isHeld }: AdoptOptions & { readonly isHeld: HeldTest },
): Promise<string[]> {
  const { ancestor, rules } = replica;
  const [known, onServer] = [ancestor.remote('lastSynced'), ancestor.remote('known')];
  const skipped = new Set<string>();
  const selection = rules.selection();
  const isAdoptable = (path: string): boolean =>
    selection.ruleFor(path) === undefined && !(holds.has('program') && obeyedBy(path) !== undefined);
  const adoptable = new Set(folders.filter(isAdoptable));
  const isNew = (path: string, entry: Entry): boolean =>
    selection.ruleFor(path) === undefined && !isHeld(path, entry) && !selection.excludes(path);
  const withNewFiles = await runYielding(foldersWithFilesSteps(onServer, adoptable, isNew));
  for (const path of withNewFiles) {
    const isOther = (file: string): boolean => !onServer.has(file);
    const containsOthers = await containsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (containsOthers) skipped.add(path);
    else rules.addRule(path, 'folder');
  }
  const synced = await runYielding(foldersWithFilesSteps(known, skipped, () => true));
  const isOutermost = (folder: string): boolean =>
    (folder === '' || !skipped.has('')) && ![...parentFolders(folder)].some((above) => skipped.has(above));
  return [...skipped].filter((folder) => !synced.has(folder) && isOutermost(folder)).sort();
}

/** Those of `folders` in which `table` has a matching file, at any depth. */
function* foldersWithFilesSteps(
  table: FileTable,
  folders: ReadonlySet<string>,
  matches: (path: string, entry: Entry) => boolean,
): CooperativeTask<Set<string>> {
  const found = new Set<string>();
  if (folders.size === 0) return found;
  let visited = 0;
  for (const [path, entry] of table) {
    if (++visited % stepSize === 0) yield;
    const above = ['', ...parentFolders(path)].filter((folder) => folders.has(folder) && !found.has(folder));
    if (above.length > 0 && matches(path, entry)) for (const folder of above) found.add(folder);
    if (found.size === folders.size) break;
  }
  return found;
}

function* adoptFilesSteps({ local, rules, ancestor }: Replica, isHeld: HeldTest): CooperativeTask<void> {
  const selection = rules.selection();
  let visited = 0;
  for (const [path, entry] of ancestor.remote('known')) {
    if (++visited % stepSize === 0) yield;
    // Nearly all paths are observed, and an observed path is tracked.
    if (local.observations.has(path)) continue;
    if (isHeld(path, entry)) continue;
    if (selection.ruleFor(path) === undefined && !selection.excludes(path)) rules.addRule(path, 'file');
  }
}

/** Removes the rules that were adopted since `before`, and forgets the paths that only these included. */
export async function revertRules({ local, rules }: Replica, before: Rules): Promise<void> {
  if (!rules.removeAddedSince(before)) return;
  const selection = rules.selection();
  await local.forget((path) => !selection.includes(path));
}

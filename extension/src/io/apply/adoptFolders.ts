import { chmodSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { isPlain } from '../../core/filenames/nameRules';
import { parentFolders, parentOf } from '../../core/paths';
import { errnoOf } from '../fs/errno';
import { newFolderMode } from '../fs/disk/newFolderMode';
import { statsAt } from '../fs/stats';
import { runYielding } from '../threads/yielding';
import { observed, type ApplyState, type CompleteFile, type Put } from './applyState';
import type { FolderModes } from './folderModes';
import { PathSkipped } from './preconditions';
import { checkAccess } from './targetCheck';

/** Set-user-ID, set-group-ID and sticky. A folder inherits set-group-ID, and its group, from the one that it is made in. */
const specialBits = 0o7000n;
const allModes = 0o777;

interface Adoption {
  readonly puts: readonly Put[];
  /** The staged files that are complete and durable, by path. */
  readonly complete: ReadonlyMap<string, CompleteFile>;
  readonly folderModes: FolderModes;
}

/**
 * Moves whole staged folders to where the workspace folder has nothing: one rename makes all of their files appear, and it
 * replaces none, since no system renames a folder over one with files. Returns the paths of the files. All other puts are left
 * to the caller.
 */
export async function adoptFolders(state: ApplyState, adoption: Adoption): Promise<ReadonlySet<string>> {
  const adopted = new Set<string>();
  const { nameRules, staging } = state.request;
  if (adoption.complete.size === 0 || (nameRules !== undefined && !isPlain(nameRules))) return adopted;
  const modes = { folderModes: adoption.folderModes, modeIn: cachedModeIn() };
  for (const [folder, group] of await runYielding(newFoldersSteps(state, adoption.puts))) {
    if (state.isCancelled) break;
    const staged = await runYielding(stagedFolderSteps(staging, folder));
    const files = await runYielding(filesToAdoptSteps(state, group, adoption.complete));
    // Other code may have run and replaced a folder.
    state.checkedFolders.clear();
    if (!hasOnly(staged, files) || !adopt(state, staged.folders, modes)) continue;
    await runYielding(recordSteps(state, files));
    for (const path of files.keys()) adopted.add(path);
    await state.pause();
  }
  return adopted;
}

/** The highest folders that do not exist, each with all puts in it. */
function* newFoldersSteps({ root }: ApplyState, puts: readonly Put[]): CooperativeTask<Map<string, Put[]>> {
  /** By folder: the highest folder above it that does not exist, or itself. */
  const known = new Map<string, string | undefined>();
  const highestMissing = (folder: string): string | undefined => {
    if (known.has(folder)) return known.get(folder);
    const isMissing = folder !== '' && statsAt(join(root, folder)) === undefined;
    const highest = isMissing ? (highestMissing(parentOf(folder) ?? '') ?? folder) : undefined;
    known.set(folder, highest);
    return highest;
  };
  const groups = new Map<string, Put[]>();
  for (const [number, put] of puts.entries()) {
    if (number % stepSize === 0) yield;
    const highest = highestMissing(parentOf(put.path) ?? '');
    if (highest === undefined) continue;
    const group = groups.get(highest);
    if (group === undefined) groups.set(highest, [put]);
    else group.push(put);
  }
  return groups;
}

/** The complete files of a folder; none if something is observed, or being edited, at one of the folder's paths. */
function* filesToAdoptSteps(
  { request }: ApplyState,
  group: readonly Put[],
  complete: Adoption['complete'],
): CooperativeTask<Map<string, CompletePut>> {
  const files = new Map<string, CompletePut>();
  for (const [number, { path, from, to }] of group.entries()) {
    if (number % stepSize === 0) yield;
    if (from !== undefined || request.hasUnsavedEdits?.(path) === true) return new Map();
    const file = complete.get(path);
    if (file !== undefined) files.set(path, { to, file });
  }
  return files;
}

interface CompletePut extends Pick<Put, 'to'> {
  readonly file: CompleteFile;
}

interface StagedFolder {
  /** The folder and those in it, each before those that it contains. */
  readonly folders: string[];
  /** Everything else in it. */
  readonly files: string[];
}

function* stagedFolderSteps(staging: string, top: string): CooperativeTask<StagedFolder> {
  const folders = statsAt(join(staging, top))?.isDirectory() === true ? [top] : [];
  const files: string[] = [];
  for (const folder of folders) {
    yield;
    for (const entry of readdirSync(join(staging, folder), { withFileTypes: true })) {
      (entry.isDirectory() ? folders : files).push(`${folder}/${entry.name}`);
    }
  }
  return { folders, files };
}

/** Invariant: only what was verified appears, whatever else a server's rsync has left in the staging folder. */
function hasOnly(staged: StagedFolder, files: ReadonlyMap<string, CompletePut>): boolean {
  if (staged.files.length === 0 || staged.files.length !== files.size) return false;
  const parents = new Set<string>();
  for (const path of files.keys()) addParents(parents, path);
  return staged.files.every((path) => files.has(path)) && staged.folders.every((folder) => parents.has(folder));
}

function addParents(parents: Set<string>, path: string): void {
  for (const folder of parentFolders(path)) {
    // The folders above a known one are known too.
    if (parents.has(folder)) return;
    parents.add(folder);
  }
}

interface NewModes {
  readonly folderModes: FolderModes;
  /** The mode that a new folder gets in `folder`, an absolute path; undefined if it cannot be found out. */
  readonly modeIn: (folder: string) => number | undefined;
}

function cachedModeIn(): NewModes['modeIn'] {
  const modes = new Map<string, number | undefined>();
  return (folder) => {
    if (!modes.has(folder)) modes.set(folder, newFolderMode(folder));
    return modes.get(folder);
  };
}

/** Returns false, with nothing in the workspace folder, if the staged folder cannot take its place. */
function adopt(state: ApplyState, folders: readonly string[], modes: NewModes): boolean {
  const { root, request, changedFolders } = state;
  const [top = ''] = folders;
  const target = join(root, top);
  try {
    checkAccess(state, top);
    if (!setModes(state, folders, modes)) return false;
    if (statsAt(target) !== undefined) return false;
    renameSync(join(request.staging, top), target);
    changedFolders.add(dirname(target));
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof PathSkipped)) throw error;
    return false;
  }
}

/**
 * Gives staged folders the modes that new ones get. Returns false if more than their modes depends on the folder above: its
 * group, or its default ACL, which shows in the mode of a new folder. An ACL that gives the mode of the umask is not noticed.
 */
function setModes(
  { root, request, keepsModes, changedFolders }: ApplyState,
  folders: readonly string[],
  { folderModes, modeIn }: NewModes,
): boolean {
  const [top = ''] = folders;
  const parent = parentOf(top) ?? '';
  const above = statsAt(join(root, parent))?.mode ?? specialBits;
  if ((above & specialBits) !== 0n) return false;
  const created = modeIn(request.staging);
  if (created === undefined || created !== modeIn(join(root, parent))) return false;
  const limit = parent !== '' && keepsModes(top) ? Number(above) : allModes;
  const given = new Map([[parent, limit]]);
  for (const folder of folders) {
    const mode = folderModes.below(given.get(parentOf(folder) ?? '') ?? limit, folder) & created;
    given.set(folder, mode);
    const staged = statsAt(join(request.staging, folder));
    if (staged === undefined || (staged.mode & specialBits) !== 0n) return false;
    if (Number(staged.mode & BigInt(allModes)) === mode) continue;
    chmodSync(join(request.staging, folder), mode);
    // All staged folders were flushed before.
    changedFolders.add(join(root, folder));
  }
  return true;
}

function* recordSteps({ result }: ApplyState, files: ReadonlyMap<string, CompletePut>): CooperativeTask<void> {
  for (const { to, file } of files.values()) {
    if (result.written.push(observed(to, file)) % stepSize === 0) yield;
  }
}

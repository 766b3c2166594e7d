import { parentFolders, parentOf } from '../paths';
import { isSharedFile } from '../sharedFiles';
import { ruleFor, type Rule } from './rule';

/**
 * The places at which commands for tracked or untracked paths apply. The sets grow with the numbers of folders and rules,
 * not of files.
 */
export interface TrackingSummary {
  /**
   * Folders that contain tracked files at any depth, and tracked files and folders with their own rule, or of the shared rules. `''` is the workspace
   * folder, if it has a rule.
   */
  readonly paths: ReadonlySet<string>;
  /**
   * Folders whose files are tracked unless excluded or untracked: those with their own rule, and those that contain a
   * tracked file directly. `''` is the workspace folder.
   */
  readonly folders: ReadonlySet<string>;
  /** Paths with a rule that untracks them. */
  readonly untracked: ReadonlySet<string>;
}

/** Summarizes the `tracked` paths and the rules for menus. */
export function trackingSummary(tracked: Iterable<string>, rules: ReadonlyMap<string, Rule>): TrackingSummary {
  const paths = new Set<string>();
  const folders = new Set<string>();
  const untracked = new Set<string>();
  for (const { path, kind, effect } of rules.values()) {
    if (effect === 'untrack') untracked.add(path);
    else if (kind === 'file') paths.add(path);
    else folders.add(path);
  }
  const seen = new Set<string>();
  for (const path of tracked) {
    if (isSharedFile(path)) paths.add(path);
    const folder = parentOf(path) ?? '';
    if (seen.has(folder)) continue;
    seen.add(folder);
    for (const above of parentFolders(path)) paths.add(above);
    const rule = ruleFor(rules, folder);
    if (rule?.kind === 'folder' && rule.effect === 'track') folders.add(folder);
  }
  for (const folder of folders) paths.add(folder);
  return { paths, folders, untracked };
}

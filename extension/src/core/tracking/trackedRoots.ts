import { parentFolders } from '../paths';
import { ruleFor, type Rule } from './rule';

/** Where something is tracked, in sets whose size goes by the folders and rules and not by the files. */
export interface TrackedRoots {
  /** Folders that hold tracked files, and files that are tracked by their own name. */
  readonly paths: ReadonlySet<string>;
  /** Folders (`''` is the root) of which each file is tracked that is not left out. */
  readonly folders: ReadonlySet<string>;
  /** What is left out by its own name. */
  readonly untracked: ReadonlySet<string>;
}

export function trackedRoots(tracked: Iterable<string>, rules: ReadonlyMap<string, Rule>): TrackedRoots {
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
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (seen.has(folder)) continue;
    seen.add(folder);
    for (const above of parentFolders(path)) paths.add(above);
    const rule = ruleFor(rules, folder);
    if (rule?.kind === 'folder' && rule.effect === 'track') folders.add(folder);
  }
  for (const folder of folders) if (folder !== '') paths.add(folder);
  return { paths, folders, untracked };
}

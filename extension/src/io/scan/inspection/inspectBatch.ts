import type { Observation } from '../../../core/observation';
import type { Problem } from '../../../core/problem';
import { inspect, type InspectOptions } from './inspect';

/** The differences found by an inspection of a batch of paths. Its other paths are as they were known. */
export interface BatchResult {
  /** New observations, and observations that differ from the known ones. */
  readonly changed: readonly Observation[];
  /** Paths that were removed since their folder was listed. */
  readonly missing: readonly string[];
  /** Paths that became folders since their folder was listed. */
  readonly folders: readonly string[];
  readonly problems: readonly Problem[];
}

/** Inspects each of `paths`. `onFile` is called after each file and symlink; it may throw to stop. */
export function inspectBatch(
  paths: readonly string[],
  knownAt: (path: string) => Observation | undefined,
  options: InspectOptions & { readonly onFile: () => void },
): BatchResult {
  const changed: Observation[] = [];
  const missing: string[] = [];
  const folders: string[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const known = knownAt(path);
    const inspected = inspect(path, known, options);
    if (inspected === undefined) missing.push(path);
    else if (inspected === 'folder') folders.push(path);
    else if ('problem' in inspected) problems.push(inspected.problem);
    else {
      if (!sameObservation(inspected.observation, known)) changed.push(inspected.observation);
      options.onFile();
    }
  }
  return { changed, missing, folders, problems };
}

/** Compares every field except the path and a symlink's target, whose hash is compared. */
export function sameObservation(a: Observation, b: Observation | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.hash === b.hash &&
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.racy === b.racy &&
    a.mode === b.mode &&
    a.dev === b.dev &&
    a.kind === b.kind &&
    a.size === b.size
  );
}

import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import { look, type LookOptions } from './scanLook';

/** What a look at some paths found. Of the rest there is nothing to tell: they stand as they were known. */
export interface BatchResult {
  /** Those that differ from what was known. */
  readonly seen: readonly Observation[];
  /** Files that have gone since their folder was read. */
  readonly gone: readonly string[];
  /** Folders that have come in the place of files since. */
  readonly folders: readonly string[];
  readonly problems: readonly Problem[];
}

/** Looks at each of `paths`. */
export function lookAt(
  paths: readonly string[],
  knownOf: (path: string) => Observation | undefined,
  options: LookOptions & { readonly onFile: () => void },
): BatchResult {
  const seen: Observation[] = [];
  const gone: string[] = [];
  const folders: string[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const known = knownOf(path);
    const found = look(path, known, options);
    if (found === undefined) gone.push(path);
    else if (found === 'folder') folders.push(path);
    else if ('problem' in found) problems.push(found.problem);
    else {
      if (!sameObservation(found.seen, known)) seen.push(found.seen);
      options.onFile();
    }
  }
  return { seen, gone, folders, problems };
}

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

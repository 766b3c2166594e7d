import { stepSize, type CooperativeTask } from '../cooperativeTask';

export interface MatchingPaths {
  /** The best matches, at most `limit`. */
  readonly paths: readonly string[];
  /** The number of all matches. */
  readonly total: number;
}

/**
 * Finds the paths that contain the characters of `text` in their order, whatever their case. First come names that begin
 * with the text, then names and then paths that contain it.
 */
export function* matchingPathsSteps(
  paths: Iterable<string>,
  text: string,
  limit: number,
): CooperativeTask<MatchingPaths> {
  const wanted = text.toLowerCase();
  const ranked: string[][] = [[], [], [], []];
  let total = 0;
  let count = 0;
  for (const path of paths) {
    if (++count % stepSize === 0) yield;
    const rank = rankOf(path.toLowerCase(), wanted);
    if (rank === undefined) continue;
    total++;
    const found = ranked[rank];
    if (found !== undefined && found.length < limit) found.push(path);
  }
  return { paths: ranked.flat().slice(0, limit), total };
}

function rankOf(path: string, wanted: string): number | undefined {
  const at = path.indexOf(wanted);
  if (at === -1) return isSubsequence(wanted, path) ? 3 : undefined;
  const name = path.lastIndexOf('/') + 1;
  if (path.startsWith(wanted, name)) return 0;
  return path.includes(wanted, name) ? 1 : 2;
}

function isSubsequence(wanted: string, text: string): boolean {
  let at = -1;
  for (const character of wanted) {
    at = text.indexOf(character, at + 1);
    if (at === -1) return false;
  }
  return true;
}

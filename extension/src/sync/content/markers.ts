import { join } from 'node:path';
import { hasConflictMarkers, maxMergeBytes } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { readSmallFile } from '../../io/fs/smallFile';

/** A text with conflict markers contains the texts of both sides and of the ancestor. */
export const maxMarkedBytes = 4 * maxMergeBytes;

/** The content of a file that may have conflict markers; undefined if it is missing, too large or unreadable. */
export function readMarked(root: string, path: string): Promise<Uint8Array | undefined> {
  return readSmallFile(join(root, path), maxMarkedBytes);
}

export function hasMarkers(content: Uint8Array): boolean {
  return hasConflictMarkers(new TextDecoder().decode(content));
}

/** Throws conflict_markers with the paths of the files that have markers. */
export async function requireNoMarkers(root: string, paths: readonly string[]): Promise<void> {
  const marked: string[] = [];
  for (const path of paths) {
    const content = await readMarked(root, path);
    if (content !== undefined && hasMarkers(content)) marked.push(path);
  }
  if (marked.length === 0) return;
  throw new PalmtreeError('conflict_markers', `conflict markers in ${marked.join(', ')}`, {
    details: { paths: marked },
  });
}

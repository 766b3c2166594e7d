import { createHash } from 'node:crypto';
import { WireError, pathsError } from '../app/wireError';
import type { Change, PutChange } from '../contract/schemas';

/** What can be said of a push's changes without knowing the tree. */
export function validateChanges(changes: readonly Change[]): void {
  const duplicates = duplicatePaths(changes);
  if (duplicates.length > 0) throw pathsError('invalid_request', duplicates, 'stands in the push more than once');
  const sizes = new Map<string, number>();
  for (const change of changes) {
    if (change.op === 'delete') continue;
    const fault = linkFault(change);
    if (fault !== undefined) throw pathsError('invalid_request', [change.path], fault);
    const size = sizes.get(change.hash);
    if (size !== undefined && size !== change.size) {
      throw new WireError('invalid_request', `the push tells two sizes of the content ${change.hash}`, {
        paths: [change.path],
      });
    }
    sizes.set(change.hash, change.size);
  }
}

function duplicatePaths(changes: readonly Change[]): string[] {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const { path } of changes) {
    if (seen.has(path)) duplicates.add(path);
    seen.add(path);
  }
  return [...duplicates];
}

function linkFault({ kind, target, size, hash }: PutChange): string | undefined {
  if (kind === 'file') return target === undefined ? undefined : 'has a target, but is not a symlink';
  if (target === undefined) return 'is a symlink without a target';
  if (target.includes('\0')) return 'has a target with a NUL character';
  if (Buffer.byteLength(target) !== size) return 'has a target of another size';
  const matches = createHash('sha256').update(target).digest('hex') === hash;
  return matches ? undefined : 'has a target of another hash';
}

import { createHash } from 'node:crypto';
import { pathsError } from '../errors';
import { inSlices } from '../concurrency/inSlices';
import type { Change, PutChange } from '../contract/schemas';

/** What can be said of a push's changes without knowing the tree. */
export async function validateChanges(changes: readonly Change[]): Promise<void> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  const sizes = new Map<string, number>();
  await inSlices(changes, (change) => {
    if (seen.has(change.path)) duplicates.add(change.path);
    seen.add(change.path);
    if (change.op === 'delete') return;
    const fault = linkFault(change) ?? sizeFault(change, sizes);
    if (fault !== undefined) throw pathsError('invalid_request', [change.path], fault);
  });
  if (duplicates.size > 0) throw pathsError('invalid_request', [...duplicates], 'stands in the push more than once');
}

/** `sizes` are those of the contents that were told before. */
function sizeFault({ hash, size }: PutChange, sizes: Map<string, number>): string | undefined {
  const told = sizes.get(hash) ?? size;
  sizes.set(hash, size);
  return told === size ? undefined : `has content of another size than ${hash} has elsewhere in the push`;
}

function linkFault({ kind, target, size, hash }: PutChange): string | undefined {
  if (kind === 'file') return target === undefined ? undefined : 'has a target, but is not a symlink';
  if (target === undefined) return 'is a symlink without a target';
  if (target.includes('\0')) return 'has a target with a NUL character';
  if (Buffer.byteLength(target) !== size) return 'has a target of another size';
  const matches = createHash('sha256').update(target).digest('hex') === hash;
  return matches ? undefined : 'has a target of another hash';
}

import { createHash } from 'node:crypto';
import { inSlices } from '../concurrency/inSlices';
import type { Change, PutChange } from '../contract/schemas';
import { linkFault, linkFaultTexts, type LinkFault } from '../contract/links';
import { pathsError } from '../errors';

/** A client leaves the named paths out and pushes the rest, so it learns of further ones. */
export const maxNamedPaths = 1_000;

/** Checks a push's changes as far as that is possible without the tree. Throws invalid_request, invalid_link. */
export async function validateChanges(changes: readonly Change[]): Promise<void> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  const links: { readonly path: string; readonly fault: LinkFault }[] = [];
  const sizes = new Map<string, number>();
  await inSlices(changes, (change) => {
    if (seen.has(change.path) && duplicates.size < maxNamedPaths) duplicates.add(change.path);
    seen.add(change.path);
    if (change.op === 'delete') return;
    const fault = symlinkFault(change) ?? sizeFault(change, sizes);
    if (fault !== undefined) throw pathsError('invalid_request', [change.path], fault);
    const { path, target } = change;
    const found = target === undefined ? undefined : linkFault(path, target);
    if (found !== undefined && links.length < maxNamedPaths) links.push({ path, fault: found });
  });
  if (duplicates.size > 0) throw pathsError('invalid_request', [...duplicates], 'is in the push more than once');
  const [first] = links;
  if (first === undefined) return;
  const paths = links.map(({ path }) => path);
  throw pathsError('invalid_link', paths, linkFaultTexts[first.fault]);
}

/** `sizes` maps the hashes of the earlier changes to their sizes. This adds the change's own. */
function sizeFault({ hash, size }: PutChange, sizes: Map<string, number>): string | undefined {
  const knownSize = sizes.get(hash) ?? size;
  sizes.set(hash, size);
  return knownSize === size ? undefined : `declares a size for the hash ${hash} that differs from another in the push`;
}

function symlinkFault({ kind, target, size, hash }: PutChange): string | undefined {
  if (kind === 'file') return target === undefined ? undefined : 'has a target, but is not a symlink';
  if (target === undefined) return 'is a symlink without a target';
  if (Buffer.byteLength(target) !== size) return 'has a target whose size differs from the declared one';
  const matches = createHash('sha256').update(target).digest('hex') === hash;
  return matches ? undefined : 'has a target whose hash differs from the declared one';
}

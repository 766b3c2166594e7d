import type { PathVersion } from '../../../../server/src/contract/history';
import type { Entry } from '../../core/entry';
import { renameSource } from '../../core/reconcile/renameSource';
import { formerPath } from '../../core/tracking/moveRules';
import { entryOf } from '../../core/wire';
import type { TreeClient } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';

/** A version of a file under the path that the file had then. */
export interface FileVersion extends Omit<PathVersion, 'sameContent'> {
  readonly path: string;
  /** The path of the previous version, if the revision renamed the file. */
  readonly renamedFrom?: string;
}

/** The place of a version in the list of versions. */
export type VersionPosition = Pick<FileVersion, 'path' | 'revision' | 'renamedFrom'>;

export interface FileVersions {
  readonly versions: readonly FileVersion[];
  readonly more: boolean;
}

/** A page of versions is complete with this many. */
const pageSize = 50;

/** A page of the versions of a file, newest first. After a rename they are those of the earlier path. */
export async function followedVersions(
  { client, tree }: TreeClient,
  from: { readonly path: string; readonly before: number | undefined },
  signal?: AbortSignal,
): Promise<FileVersions> {
  const found: FileVersion[] = [];
  for (let next = from; ;) {
    const { path, before } = next;
    const { versions, more } = await client.history(tree, path, before, signal);
    let rename: FileVersion | undefined;
    for (const version of versions) {
      const followed = followedVersion(path, version);
      found.push(followed);
      if (followed.renamedFrom === undefined) continue;
      rename = followed;
      break;
    }
    if (rename?.renamedFrom === undefined) return { versions: found, more };
    if (found.length >= pageSize) return { versions: found, more: true };
    // Invariant: the revisions only decrease, so that a file that was renamed back and forth comes to an end.
    next = { path: rename.renamedFrom, before: rename.revision };
  }
}

function followedVersion(path: string, { sameContent, ...version }: PathVersion): FileVersion {
  if (sameContent === undefined || version.entry === null) return { ...version, path };
  const renamedFrom = renameSource(entryOf(version.entry), sameContent);
  return renamedFrom === undefined ? { ...version, path } : { ...version, path, renamedFrom };
}

/** The path that a file was renamed from on this disk since its last push. */
export function formerLocalPath({ rules, local, ancestor }: Replica, path: string): string | undefined {
  const former = formerPath(rules.all.values(), path);
  if (former !== undefined && ancestor.entries.has(former)) return former;
  const entry = local.observations.get(path);
  if (entry === undefined || ancestor.entries.has(path)) return undefined;
  const isSame = (other: Entry): boolean => other.hash === entry.hash && other.kind === entry.kind;
  const deleted: string[] = [];
  for (const other of ancestor.entries.values()) {
    if (isSame(other) && !local.observations.has(other.path)) deleted.push(other.path);
  }
  if (deleted.length === 0) return undefined;
  const added: string[] = [];
  for (const other of local.observations.values()) {
    if (isSame(other) && !ancestor.entries.has(other.path)) added.push(other.path);
  }
  return renameSource(entry, { deleted, added });
}

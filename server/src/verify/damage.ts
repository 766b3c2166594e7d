import type { ContentUse } from '../trees/contentRepository';

/** The state of a content that makes it no use, in words, and where its file was moved to. */
export interface ContentDamage {
  readonly kind: 'missing' | 'damaged' | 'size';
  readonly hash: string;
  /** A clause about the content. */
  readonly fault: string;
  /** The path of the moved file, from the data folder. */
  readonly quarantined?: string;
  /** Some of the versions that have the content, those of heads first; `useCount` is the number of all. */
  readonly uses: readonly ContentUse[];
  readonly useCount: number;
}

/** A version, an entry or a tree that contradicts the rest of the database. */
export interface TreeDamage {
  readonly kind: 'entry' | 'head' | 'version' | 'link';
  readonly tree: string;
  readonly path?: string;
  readonly revision?: number;
  /** A clause about the path, or else about the tree. */
  readonly fault: string;
}

/** A fault of SQLite's file, or a row that refers to another that does not exist. */
export interface DatabaseDamage {
  readonly kind: 'database';
  readonly fault: string;
}

export type Damage = ContentDamage | TreeDamage | DatabaseDamage;

/** One line in full sentences: who uses it, what is wrong, and what helps. */
export function lineOf(damage: Damage): string {
  switch (damage.kind) {
    case 'missing':
    case 'damaged':
    case 'size': {
      const moved = damage.quarantined === undefined ? '' : ` It was moved to ${damage.quarantined}.`;
      return `${usersText(damage.uses, damage.useCount)}: the content ${damage.hash} ${damage.fault}.${moved} ${cureOf(damage)}`;
    }
    case 'database':
      return `The database ${damage.fault}. ${databaseCure}`;
    case 'entry':
    case 'head':
    case 'version':
    case 'link':
      return `${placeOf(damage)}: ${damage.fault}. ${damage.kind === 'link' ? linkCure : databaseCure}`;
  }
}

const databaseCure = 'Restore a backup.';
const linkCure = 'Delete or change the symlink on a machine, and push.';

/** The versions in `uses`, and how many more of the `useCount` there are. */
export function usersText(uses: readonly ContentUse[], useCount: number): string {
  if (uses.length === 0) return 'No revision';
  const named = uses.map((use) => `${JSON.stringify(use.path)}@${use.revision} of ${use.tree}`).join(', ');
  return useCount > uses.length ? `${named} and ${useCount - uses.length} more` : named;
}

function placeOf({ tree, path, revision }: TreeDamage): string {
  if (path === undefined) return `The tree ${tree}`;
  return revision === undefined
    ? `${JSON.stringify(path)} of ${tree}`
    : `${JSON.stringify(path)}@${revision} of ${tree}`;
}

function cureOf({ kind, uses }: ContentDamage): string {
  if (kind === 'size') return databaseCure;
  if (uses.length === 0) return 'Nothing is lost.';
  // A force push verifies the contents of all files that a machine has, and sends those that the server lacks.
  if (uses.some(({ isHead }) => isHead)) return 'Push (Force) from a machine that has the file repairs it.';
  return 'A push of any file with this content repairs it, and so does its object from a backup.';
}

import type { Generated } from 'kysely';
import type { Kind } from '../contract/schemas';

export interface TokensTable {
  id: Generated<number>;
  name: string;
  /** SHA-256 of the secret, in hex. */
  hash: string;
  /** 1 when the token reaches only the trees of `token_trees`. */
  limited: number;
  created_at: string;
  revoked_at: string | null;
}

export interface TokenTreesTable {
  token_id: number;
  tree_name: string;
}

export interface TreesTable {
  id: Generated<number>;
  name: string;
  head: number;
  created_at: string;
}

export interface RevisionsTable {
  tree_id: number;
  number: number;
  token_name: string;
  created_at: string;
  message: string | null;
  forced: number;
  push_id: string;
  /** The number of its versions that are puts, and deletions. */
  put: number;
  deleted: number;
}

/** What a path is as of a revision; all but `op` is null for a deletion. */
export interface VersionsTable {
  tree_id: number;
  path: string;
  revision: number;
  op: 'put' | 'delete';
  kind: Kind | null;
  size: number | null;
  /** Text: nanoseconds do not fit a JavaScript number. */
  mtime_ns: string | null;
  mode: number | null;
  hash: string | null;
  target: string | null;
}

/** The newest version of each path, deletions included, so that a since-query is one range of an index. */
export type EntriesTable = VersionsTable;

export interface FoldersTable {
  tree_id: number;
  path: string;
  token_name: string;
  created_at: string;
}

/** Commits that changed nothing, so that the same id gets the same answer again. */
export interface UnchangedPushesTable {
  push_id: string;
  tree_id: number;
  token_name: string;
  revision: number;
  created_at: string;
}

export interface Tables {
  tokens: TokensTable;
  token_trees: TokenTreesTable;
  trees: TreesTable;
  revisions: RevisionsTable;
  versions: VersionsTable;
  entries: EntriesTable;
  folders: FoldersTable;
  unchanged_pushes: UnchangedPushesTable;
}

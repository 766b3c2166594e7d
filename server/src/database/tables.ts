import type { Generated } from 'kysely';
import type { Kind } from '../contract/schemas';

export interface TokensTable {
  id: Generated<number>;
  name: string;
  /** SHA-256 of the secret, in hex. */
  hash: string;
  /** 1 when the token is limited to the trees in `token_trees`. */
  limited: number;
  created_at: string;
  revoked_at: string | null;
  /** 1 when the token may change nothing. */
  read_only: Generated<number>;
}

interface TokenTreesTable {
  token_id: number;
  tree_name: string;
}

export interface TreesTable {
  id: Generated<number>;
  name: string;
  head: number;
  created_at: string;
  /** Null for a tree that exists. */
  deleted_at: string | null;
  /** The name of a deleted tree, whose `name` no request can have. Null when its purge has begun: it cannot come back. */
  deleted_name: string | null;
}

/** Names that no tree has any more, and the last tree that had each. */
interface FormerNamesTable {
  name: string;
  tree_id: number;
}

/** The policies of the trees that do not keep all. Null: the policy has no such rule. */
export interface RetentionTable {
  tree_id: number;
  within: string | null;
  last: number | null;
  hourly: number | null;
  daily: number | null;
  weekly: number | null;
  monthly: number | null;
  yearly: number | null;
}

interface MaintenanceTable {
  name: string;
  ended_at: string;
}

export interface RevisionsTable {
  tree_id: number;
  number: number;
  token_name: string;
  created_at: string;
  message: string | null;
  forced: number;
  push_id: string;
  /** The number of the revision's puts, and of its deletions. */
  put: number;
  deleted: number;
  renamed: number;
  /** The number of the revision's puts and deletions that retention has removed. */
  removed: Generated<number>;
}

/** The state of a path from `revision` on. For a deletion the columns after `op` are null. */
export interface VersionsTable {
  tree_id: number;
  path: string;
  revision: number;
  op: 'put' | 'delete';
  kind: Kind | null;
  size: number | null;
  /** Text, because nanoseconds do not fit into a JavaScript number. */
  mtime_ns: string | null;
  mode: number | null;
  hash: string | null;
  target: string | null;
}

/** The versions of the same path that retention has removed directly before this one. */
interface RemovedColumns {
  /** The revision of the oldest of them; null if there are none. */
  removed_since: Generated<number | null>;
  /** Their number. */
  removed: Generated<number>;
}

/** The newest version of each path, including deletions, so that a query for the changes since a revision reads one range of an index. */
type EntriesTable = VersionsTable;

interface FoldersTable {
  tree_id: number;
  path: string;
  token_name: string;
  created_at: string;
}

/** Pushes that changed nothing. They are kept so that a repeated commit returns the same revision. */
interface UnchangedPushesTable {
  push_id: string;
  tree_id: number;
  token_name: string;
  revision: number;
  created_at: string;
}

/** Files that contain many small contents. */
interface PacksTable {
  id: Generated<number>;
  name: string;
  bytes: number;
}

/** The place of each content that a pack contains. */
interface SlicesTable {
  /** SHA-256, in binary: a push adds a hundred thousand rows at once. */
  hash: Uint8Array;
  pack_id: number;
  offset: number;
  size: number;
}

/** Parts of contents that the history alone has. */
interface ChunksTable {
  id: Generated<number>;
  /** The tree whose contents share the chunk. No other's do. It may have been purged since. */
  tree_id: number;
  /** SHA-256, in binary. */
  hash: Uint8Array;
  /** Bytes of the chunk. */
  size: number;
  /** Null if the chunk was found damaged. */
  pack_id: number | null;
  offset: number;
  /** Bytes in the pack: compressed, unless they are as many as `size`. */
  stored: number;
}

/** Contents that are composed of chunks. */
interface RecipesTable {
  /** SHA-256, in binary. */
  hash: Uint8Array;
  size: number;
  /** The ids of the chunks in their order; see `recipe.ts`. */
  chunks: Uint8Array;
}

export interface Tables {
  tokens: TokensTable;
  token_trees: TokenTreesTable;
  trees: TreesTable;
  revisions: RevisionsTable;
  versions: VersionsTable & RemovedColumns;
  entries: EntriesTable;
  folders: FoldersTable;
  unchanged_pushes: UnchangedPushesTable;
  former_names: FormerNamesTable;
  retention: RetentionTable;
  maintenance: MaintenanceTable;
  packs: PacksTable;
  slices: SlicesTable;
  chunks: ChunksTable;
  recipes: RecipesTable;
}

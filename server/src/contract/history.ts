import * as z from 'zod';
import { list } from './list';
import { fileEntry, path, revision } from './schemas';

const revisionSummary = z.object({
  number: revision,
  /** The name of the token that pushed. */
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
  /** True for a push that replaced the head regardless of its base. */
  forced: z.boolean(),
  /** The number of paths that the revision put, and the number that it deleted. */
  put: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  /**
   * The number of renames: pairs of a deletion and an addition with the same content, and for empty files the same name.
   * Both are counted in `put` and `deleted`, too. Absent from older servers; 0 for revisions that one has committed.
   */
  renamed: z.int().nonnegative().optional(),
  /** The number of its puts and deletions that retention has removed; absent if all are there. */
  removed: z.int().positive().optional(),
});

/** `GET /v1/trees/:tree/revisions?before=N&limit=50`: newest first. */
export const revisionList = z.object({ revisions: list(revisionSummary), more: z.boolean() });

/** `before` or `after` is null where the path does not exist, and where retention has removed its version. */
const pathDifference = z.object({
  path,
  before: fileEntry.nullable(),
  after: fileEntry.nullable(),
  beforeRemoved: z.literal(true).optional(),
  afterRemoved: z.literal(true).optional(),
});

/**
 * `GET /v1/trees/:tree/revisions/:number`: sorted by path. With `removed=1`, those of which a side was removed come after the
 * others; without it they are left out, because a client that does not know the marks would take the path for absent.
 */
export const revisionDetail = z.object({ revision: revisionSummary, changes: list(pathDifference) });

/**
 * `GET /v1/trees/:tree/compare?from=A&to=B`: the changes that turn the table at A into the table at B, sorted by path.
 * A may be newer than B; 0 is the empty tree. An entry whose `revision` alone differs is unchanged. `removed=1` is as above; it
 * lists each path of which a side was removed, since nobody knows whether it changed.
 */
export const comparison = z.object({ from: revision, to: revision, changes: list(pathDifference) });

const pathVersion = z.object({
  revision,
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
  /** null: the revision deleted the path. */
  entry: fileEntry.nullable(),
  /**
   * For a version that added the path: the paths with the same content, and for empty files the same name, that the
   * revision deleted and added. One of the deleted ones may have been renamed to the path. Absent if none was deleted.
   */
  sameContent: z.object({ deleted: list(path), added: list(path) }).optional(),
  /** The versions directly before this one that retention has removed: their number, and the revision of the oldest. */
  removed: z.object({ count: z.int().positive(), since: revision }).optional(),
});

/** `GET /v1/trees/:tree/history?path=P&before=N&limit=50`: newest first. */
export const pathHistory = z.object({ versions: list(pathVersion), more: z.boolean() });

/** The response header of `GET …/content?path=P&revision=R`: the entry's kind. A symlink's body is its target. */
export const entryKindHeader = 'x-palmtree-kind';

/** `GET /v1/trees/:tree/events`: the data of a `revision` event. The event's id is the revision's number. */
export const revisionEvent = z.object({
  revision,
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
});
/** The data of a `ready` event: the head, if it is not newer than the revision that the client stated. */
export const readyEvent = z.object({ revision });

export type RevisionSummary = z.infer<typeof revisionSummary>;
export type RevisionList = z.infer<typeof revisionList>;
export type PathDifference = z.infer<typeof pathDifference>;
export type RevisionDetail = z.infer<typeof revisionDetail>;
export type Comparison = z.infer<typeof comparison>;
export type PathVersion = z.infer<typeof pathVersion>;
export type PathHistory = z.infer<typeof pathHistory>;
export type RevisionEvent = z.infer<typeof revisionEvent>;
export type ReadyEvent = z.infer<typeof readyEvent>;

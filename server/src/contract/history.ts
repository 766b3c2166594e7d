import * as z from 'zod';
import { fileEntry, path, revision } from './schemas';

/** What a push left in the history of its tree. */
export const revisionSummary = z.object({
  number: revision,
  /** The name of the token that pushed. */
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
  /** It replaced the head whatever its base was. */
  forced: z.boolean(),
  /** The number of paths put, and deleted, in it. */
  put: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
});

/** `GET /v1/trees/:tree/revisions?before=N&limit=50`: newest first. */
export const revisionList = z.object({ revisions: z.array(revisionSummary), more: z.boolean() });

/** null: there is no such entry on that side. */
export const pathDifference = z.object({
  path,
  before: fileEntry.nullable(),
  after: fileEntry.nullable(),
});

/** `GET /v1/trees/:tree/revisions/:number`, sorted by path. */
export const revisionDetail = z.object({ revision: revisionSummary, changes: z.array(pathDifference) });

/**
 * `GET /v1/trees/:tree/compare?from=A&to=B`: what turns the table at A into the one at B, sorted by path.
 * Either may be the newer; 0 is the empty tree. An entry that only its revision tells apart has not changed.
 */
export const comparison = z.object({ from: revision, to: revision, changes: z.array(pathDifference) });

export const pathVersion = z.object({
  revision,
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
  /** null: deleted in this revision. */
  entry: fileEntry.nullable(),
});

/** `GET /v1/trees/:tree/history?path=P&before=N&limit=50`: newest first. */
export const pathHistory = z.object({ versions: z.array(pathVersion), more: z.boolean() });

/** On `GET …/content?path=P&revision=R`: the entry's kind. Of a symlink the body is its target. */
export const entryKindHeader = 'x-palmtree-kind';

/** `GET /v1/trees/:tree/events`: the data of a `revision` event, whose id is the revision. */
export const revisionEvent = z.object({
  revision,
  author: z.string(),
  createdAt: z.iso.datetime(),
  message: z.string().nullable(),
});
/** The data of a `ready` event: the head, which is nothing new to who asked. */
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

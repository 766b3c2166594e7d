import * as z from 'zod';
import { httpStatusByCode, type WireErrorCode } from './errorCodes';
import { pathFault, pathFaultTexts } from './paths';

/** A tree's name: it stands in URLs, so it is kept to what needs no escaping there. */
export const treeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'a tree name is 1 to 64 letters, digits, ".", "_" or "-"');

export const path = z.string().superRefine((value, context) => {
  const fault = pathFault(value);
  if (fault !== undefined) {
    context.addIssue({ code: 'custom', message: `path ${pathFaultTexts[fault]}`, params: { code: 'invalid_path' } });
  }
});

/** A tracked folder; the empty path is the whole workspace folder. */
export const folder = z.literal('').or(path);

export const revision = z.int().nonnegative();
/**
 * Tells a revision from another of the same number, which a server has that was restored from a backup and
 * went on from there. The empty tree, revision 0, has the empty id.
 */
export const revisionId = z.string().max(64);
/** Lower-case hex SHA-256 of the content, or of a link's target. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Nanoseconds since the epoch as a decimal string: JSON numbers would lose the last digits. */
export const mtimeNs = z.string().regex(/^-?[0-9]{1,19}$/);
/** The permission bits. */
export const mode = z.int().min(0).max(0o777);
export const kind = z.enum(['file', 'symlink']);
/** A link's target, as readlink gives it. */
export const target = z.string().min(1).max(4096);

const attributes = {
  path,
  kind,
  /** Bytes of content; of a symlink, bytes of its target. */
  size: z.int().nonnegative(),
  mtimeNs,
  mode,
  hash,
  /** Present exactly when kind is symlink. */
  target: target.optional(),
};

export const putChange = z.object({ op: z.literal('put'), ...attributes });
export const deleteChange = z.object({ op: z.literal('delete'), path });
export const change = z.discriminatedUnion('op', [putChange, deleteChange]);

export const fileEntry = z.object({ ...attributes, revision });
export const deletedEntry = z.object({ path, deleted: z.literal(true), revision });
/** In this order: nearly all are files, and what fits the first is not held against the second. */
export const tableEntry = z.union([fileEntry, deletedEntry]);

/**
 * `GET /v1/trees/:tree/files?since=R`: the entries whose last change came after R, at `revision`.
 * Deletions are listed only for R > 0: who has nothing needs none.
 * `folders` are the tracked folders: every client takes in what is later created in them.
 * Who accepts `linesType` is answered line by line: `tableHead`, then each of `files`.
 */
export const fileTable = z.object({
  revision,
  id: revisionId,
  folders: z.array(folder),
  files: z.array(tableEntry),
});

/** Tells of how many items, so that none can be missing unseen. */
const count = z.int().nonnegative();
export const tableHead = fileTable.omit({ files: true }).extend({ count });

export const pushMessage = z
  .string()
  .trim()
  .max(2000)
  .refine((text) => !text.includes('\0'), 'has a NUL character');

/** `POST /v1/trees/:tree/pushes`. Line by line: `beginPushHead`, then each of `changes`. */
export const beginPush = z.object({
  /** The revision that the client's changes build on. */
  base: revision,
  /** Its id, where the client knows it: another one there is 404 revision_not_found. */
  baseId: revisionId.optional(),
  changes: z.array(change),
  /**
   * Replaces the head whatever the base is, and verifies the stored content of every put.
   * The answer's `base` is the head that it will replace.
   */
  force: z.boolean().optional(),
  /** Tracked folders to add to the tree's. */
  folders: z.array(folder).optional(),
  /** Kept with the revision; an empty one is none. */
  message: pushMessage.optional(),
});
export const beginPushHead = beginPush.omit({ changes: true }).extend({ count });

/** What rsync needs to reach a session's directory: the module name and the one-time password. */
const rsyncAccess = { id: z.string(), module: z.string(), password: z.string() };

export const pushSession = z.object({
  ...rsyncAccess,
  /** The head that the commit will replace. */
  base: revision,
  /** The paths among the push's own whose content the server lacks; content shared by several is asked for once. */
  upload: z.array(z.string()),
});
export const commitResult = z.object({ revision, id: revisionId });

/** `POST /v1/trees/:tree/pulls`. Line by line: `beginPullHead`, then each of `paths`. */
export const beginPull = z.object({ revision, paths: z.array(path) });
export const beginPullHead = beginPull.omit({ paths: true }).extend({ count });
export const pullSession = z.object(rsyncAccess);

export const whoami = z.object({
  name: z.string(),
  /** The trees that the token is limited to; null when it is not limited. */
  trees: z.array(z.string()).nullable(),
  server: z.object({ version: z.string() }),
});
export const treeSummary = z.object({ name: z.string(), revision });
export const treeList = z.object({ trees: z.array(treeSummary) });

export const errorBody = z.object({
  error: z.object({
    code: z.enum(Object.keys(httpStatusByCode) as [WireErrorCode, ...WireErrorCode[]]),
    message: z.string(),
    details: z
      .object({
        /** stale_base: the tree's revision. */
        head: revision.optional(),
        /** The paths that the error is about. */
        paths: z.array(z.string()).optional(),
      })
      .optional(),
  }),
});

export type Kind = z.infer<typeof kind>;
export type PutChange = z.infer<typeof putChange>;
export type Change = z.infer<typeof change>;
export type FileEntry = z.infer<typeof fileEntry>;
export type TableEntry = z.infer<typeof tableEntry>;
export type FileTable = z.infer<typeof fileTable>;
export type BeginPush = z.infer<typeof beginPush>;
export type PushSession = z.infer<typeof pushSession>;
export type CommitResult = z.infer<typeof commitResult>;
export type BeginPull = z.infer<typeof beginPull>;
export type PullSession = z.infer<typeof pullSession>;
export type Whoami = z.infer<typeof whoami>;
export type TreeSummary = z.infer<typeof treeSummary>;
export type TreeList = z.infer<typeof treeList>;
export type ErrorBody = z.infer<typeof errorBody>;

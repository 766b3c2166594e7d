import * as z from 'zod';
import { isTime, maxFolders } from './limits';
import { list } from './list';
import { pathFault, pathFaultTexts } from './paths';
import { httpTransfer } from './transfers';

/** A tree's name is part of URLs, so it has only characters that need no escaping there. */
export const treeName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/i,
    'a tree name is 1 to 64 letters, digits, ".", "_" or "-", with a letter or digit first',
  );

export const path = z.string().superRefine((value, context) => {
  const fault = pathFault(value);
  if (fault !== undefined) {
    context.addIssue({ code: 'custom', message: `path ${pathFaultTexts[fault]}`, params: { code: 'invalid_path' } });
  }
});

/** A tracked folder; the empty path is the whole workspace folder. */
const folder = z.literal('').or(path);
/** zod would report each item of a longer list before it checked the length. */
const folderList = z
  .unknown()
  .refine((value) => !Array.isArray(value) || value.length <= maxFolders, {
    abort: true,
    message: `more than ${maxFolders} folders`,
  })
  .pipe(z.array(folder));

export const revision = z.int().nonnegative();
/**
 * Distinguishes two revisions with the same number: a server that was restored from an older copy assigns its numbers again.
 * Revision 0, the empty tree, has the empty id.
 */
const revisionId = z.string().max(64);
/** SHA-256 of the content, or of a symlink's target, in lower-case hex. */
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Nanoseconds since the epoch, as a decimal string because a JSON number would lose the last digits. */
const mtimeNs = z
  .string()
  .regex(/^-?[0-9]{1,19}$/, { abort: true })
  .refine((ns) => ns.length < 19 || isTime(BigInt(ns)), 'is beyond the years 1677 to 2262');
/** The permission bits. */
const mode = z.int().min(0).max(0o777);
const kind = z.enum(['file', 'symlink']);
/** A symlink's target as readlink returns it. */
const target = z.string().min(1).max(4096);

const attributes = {
  path,
  kind,
  /** Bytes of the content, or of a symlink's target. */
  size: z.int().nonnegative(),
  mtimeNs,
  mode,
  hash,
  /** Present if and only if `kind` is `symlink`. */
  target: target.optional(),
};

/** The server checks a target with `linkFault`, so that the error names the path. */
export const putChange = z.object({ op: z.literal('put'), ...attributes, target: z.string().optional() });
const deleteChange = z.object({ op: z.literal('delete'), path });
export const change = z.discriminatedUnion('op', [putChange, deleteChange]);

export const fileEntry = z.object({ ...attributes, revision });
export const deletedEntry = z.object({ path, deleted: z.literal(true), revision });
/** Files come first: nearly all entries are files, and zod tries the alternatives in order. */
const tableEntry = z.union([fileEntry, deletedEntry]);

/**
 * `GET /v1/trees/:tree/files?since=R`: the entries at `revision` whose last change came after R.
 * Deletions are listed only for R > 0, because a client without files needs none.
 * `folders` are the tracked folders: every client tracks files that are later created in them. A folder whose files were
 * all renamed or deleted is left out until it has files again.
 * As NDJSON (`accept: application/x-ndjson`): `tableHead`, then each of `files`.
 */
export const fileTable = z.object({
  revision,
  id: revisionId,
  folders: folderList,
  /**
   * The names of the tokens, other than the request's, that have pushed to the tree; the first of them, if there are many.
   * A server that does not say leaves it out.
   */
  otherWriters: z.array(z.string().max(100)).max(100).optional(),
  files: list(tableEntry),
});

/** The number of items that follow, so that the reader notices a missing one. */
const count = z.int().nonnegative();
export const tableHead = fileTable.omit({ files: true }).extend({ count });

/** In characters, without the blanks at both ends. */
export const maxPushMessage = 2000;

const pushMessage = z
  .string()
  .trim()
  .max(maxPushMessage)
  .refine((text) => !text.includes('\0'), 'has a NUL character');

/** `POST /v1/trees/:tree/pushes`. As NDJSON: `beginPushHead`, then each of `changes`. */
const beginPush = z.object({
  /** The revision that the changes are based on. */
  base: revision,
  /** The id of `base`, if the client knows it. The server refuses another id with revision_not_found. */
  baseId: revisionId.optional(),
  changes: z.array(change),
  /**
   * Replaces the head even if `base` is older, and verifies the stored content of every put.
   * The response's `base` is the head that the commit will replace.
   */
  force: z.boolean().optional(),
  /** Tracked folders to add to those of the tree. */
  folders: folderList.optional(),
  /**
   * Folders that this client no longer tracks. They are removed from those of the tree if this token has added them. A
   * client that still tracks one adds it again with its next push.
   */
  untrackedFolders: folderList.optional(),
  /** Stored with the revision, unless it is empty. */
  message: pushMessage.optional(),
  /**
   * The id of an earlier push by the same token to this tree. The server ends it, and what it received is not uploaded
   * again. Ignored if that push has ended or is being committed.
   */
  resume: z.string().optional(),
  /** Whether the client can send packs. */
  packs: z.boolean().optional(),
});
export const beginPushHead = beginPush.omit({ changes: true }).extend({ count });

/** A session's id. It is part of URLs, and the name of an rsync module. */
export const sessionId = z.string().regex(/^[0-9a-f]{32}$/);

/** The path of a pack in a session's module. The id cannot be known when the paths of the files are chosen. */
export function packFile(id: string, number: number): string {
  return `${id}/${number}.pack`;
}

/** The access of a client to the session's folder. It passes the module's name and the password to rsync. */
const sessionAccess = {
  id: sessionId,
  module: sessionId,
  password: z.string().regex(/^[\w-]{1,128}$/),
  /** A protocol to which the connection of rsync may be upgraded instead of a WebSocket; see `frames.ts`. */
  upgrade: z.string().optional(),
  /** Absent if the server takes and gives no files by requests. */
  http: httpTransfer.optional(),
};

export const pushSession = z.object({
  ...sessionAccess,
  /** The head that the commit will replace. */
  base: revision,
  /** The pushed paths whose content the tree lacks; for several paths with the same content, one of them. */
  upload: list(path),
  /**
   * Further such paths, whose contents are sent in packs: pack N is the file `packFile(id, N)` of the module, the concatenation
   * of the contents of the Nth list, with the declared sizes. The bytes of a content that the client cannot read any more do
   * not matter: the commit then names its path.
   */
  packs: list(list(path)).optional(),
});
/**
 * `GET /v1/trees/:tree/sessions/:id`: `rsyncError` is the last error in the log of the session's rsync; empty if there is
 * none. If the server's disk is full, or the server has cut the push, the response is an error with that reason instead.
 */
export const sessionStatus = z.object({ rsyncError: z.string() });

export const commitResult = z.object({ revision, id: revisionId });

/** `POST /v1/trees/:tree/pulls`. As NDJSON: `beginPullHead`, then each of `paths`. */
const beginPull = z.object({
  revision,
  paths: z.array(path),
  /** Whether the client can read packs. */
  packs: z.boolean().optional(),
});
export const beginPullHead = beginPull.omit({ paths: true }).extend({ count });
export const pullSession = z.object({
  ...sessionAccess,
  /** Pack N is the file `packFile(id, N)` of the module. All other contents are files at their paths. */
  packs: z
    .array(
      z.object({
        /** Bytes of the pack. */
        bytes: z.int().nonnegative(),
        /** The index of a requested path, and the offset of its content in the pack. */
        slices: list(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
      }),
    )
    .optional(),
});

/** `GET /v1/whoami`. Invariant: every later version keeps these fields, because a client of any age reads them. */
export const whoami = z.object({
  /** The token's name. */
  name: z.string(),
  /** The trees that the token is limited to; null when it is not limited. */
  trees: list(z.string()).nullable(),
  /** Whether the token may change nothing. */
  readOnly: z.boolean().optional(),
  server: z.object({ version: z.string() }),
  /** The server's protocol; 0 for a server that does not state one. */
  protocol: z.int().nonnegative().default(0),
  /** The oldest protocol that the server accepts from a client. */
  oldestProtocol: z.int().nonnegative().default(0),
});
const treeSummary = z.object({ name: treeName, revision });
export const treeList = z.object({ trees: list(treeSummary) });

export const errorBody = z.object({
  error: z.object({
    /** A key of `httpStatusByCode`, or a code that only a newer server knows. */
    code: z.string(),
    message: z.string(),
    details: z
      .object({
        /** stale_base, revision_not_found: the tree's head. */
        head: revision.optional(),
        /** The paths that the error is about. */
        paths: list(z.string()).optional(),
        /** storage_full: the bytes that the transfer needs, and those that the server has left for it. */
        room: z.object({ needed: z.number().nonnegative(), free: z.number().nonnegative() }).optional(),
        /** tree_renamed: the tree's new name. */
        name: treeName.optional(),
      })
      .optional(),
  }),
});

export type Kind = z.infer<typeof kind>;
export type PutChange = z.infer<typeof putChange>;
export type Change = z.infer<typeof change>;
export type FileEntry = z.infer<typeof fileEntry>;
export type DeletedEntry = z.infer<typeof deletedEntry>;
export type TableEntry = z.infer<typeof tableEntry>;
export type FileTable = z.infer<typeof fileTable>;
export type BeginPush = z.infer<typeof beginPush>;
export type PushSession = z.infer<typeof pushSession>;
export type SessionStatus = z.infer<typeof sessionStatus>;
export type CommitResult = z.infer<typeof commitResult>;
export type BeginPull = z.infer<typeof beginPull>;
export type PullSession = z.infer<typeof pullSession>;
export type Whoami = z.infer<typeof whoami>;
export type TreeSummary = z.infer<typeof treeSummary>;
export type TreeList = z.infer<typeof treeList>;
export type ErrorBody = z.infer<typeof errorBody>;

/**
 * The codes of all errors that cross the wire, with their HTTP status.
 * Invariant: a code is never reused with another meaning, because clients act on it.
 */
export const httpStatusByCode = {
  client_too_old: 400,
  unauthorized: 401,
  forbidden: 403,
  read_only_token: 403,
  not_found: 404,
  tree_not_found: 404,
  tree_deleted: 404,
  tree_renamed: 404,
  session_not_found: 404,
  revision_not_found: 404,
  version_removed: 404,
  stale_base: 409,
  session_busy: 409,
  offset_mismatch: 409,
  body_too_large: 413,
  invalid_request: 422,
  invalid_path: 422,
  invalid_link: 422,
  file_dir_conflict: 422,
  too_many_files: 422,
  too_many_folders: 422,
  content_mismatch: 422,
  content_unavailable: 422,
  too_many_sessions: 429,
  too_many_runs: 429,
  internal: 500,
  storage_full: 507,
} as const;

export type WireErrorCode = keyof typeof httpStatusByCode;

/** The response header that repeats the code, because the response to a refused WebSocket upgrade has no body. */
export const errorCodeHeader = 'x-palmtree-error';

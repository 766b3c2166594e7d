/**
 * Every error that crosses the wire carries one of these codes; its HTTP status stands beside it.
 * Invariant: a code is never reused for another meaning, since clients act on it.
 */
export const httpStatusByCode = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  tree_not_found: 404,
  session_not_found: 404,
  revision_not_found: 404,
  stale_base: 409,
  session_busy: 409,
  invalid_request: 422,
  invalid_path: 422,
  file_dir_conflict: 422,
  content_mismatch: 422,
  content_unavailable: 422,
  body_too_large: 413,
  storage_full: 507,
  internal: 500,
} as const;

export type WireErrorCode = keyof typeof httpStatusByCode;

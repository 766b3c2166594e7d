/** The part of a command that is running now. messages/ has the sentences. */
export type ProgressStep =
  | { readonly kind: 'scanning' }
  /** Hashes every tracked file again. */
  | { readonly kind: 'verifyingAll' }
  /** The server prepares a transfer. */
  | { readonly kind: 'awaitingServer' }
  | { readonly kind: 'fetchingChanges' }
  | { readonly kind: 'fetchingRevision'; readonly revision: number }
  | { readonly kind: 'sending'; readonly count: number }
  | { readonly kind: 'receiving'; readonly count: number }
  /** Hashes the received files. */
  | { readonly kind: 'verifying' }
  | { readonly kind: 'merging' }
  /** Puts received or merged files into the workspace folder. */
  | { readonly kind: 'applying' }
  /** Puts files from a backup into the workspace folder. */
  | { readonly kind: 'undoing' }
  /** The server verifies the sent files and makes a revision of them. */
  | { readonly kind: 'committing' }
  /** The server is busy with an earlier attempt to commit the same push. */
  | { readonly kind: 'awaitingCommit' };

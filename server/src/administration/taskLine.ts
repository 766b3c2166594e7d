/** A line of the response to a task's request. The last one has the result or the error. */
export type TaskLine =
  | { readonly progress: string }
  | { readonly result: unknown }
  /** The message is one line of full sentences that say what to do. */
  | { readonly error: string };

/** The request header with the version of the command. */
export const versionHeader = 'x-palmtree-version';

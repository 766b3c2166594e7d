const prefix = '.palmtree-';
const suffix = '.tmp';

/**
 * The name of a file that stands beside its target until it is complete. It is the same length for any
 * target, so that a name of 255 bytes can be written too. `unique` is kept to letters, digits and dashes.
 */
export function temporaryName(unique: string): string {
  return `${prefix}${unique}${suffix}`;
}

/** Whether the last segment of `path` is such a name: it is never synced. */
export function isTemporary(path: string): boolean {
  return path.endsWith(suffix) && path.startsWith(prefix, path.lastIndexOf('/') + 1);
}

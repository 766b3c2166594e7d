const prefix = '.palmtree-';
const suffix = '.tmp';

/**
 * The name of a file that lies in its target's folder until it is complete. `unique` may contain letters, digits and
 * dashes. The name's length does not depend on the target, so that targets with names of 255 bytes can be written too.
 */
export function temporaryName(unique: string): string {
  return `${prefix}${unique}${suffix}`;
}

/** Whether the last segment of `path` is a temporary name. Such files are never synced. */
export function isTemporary(path: string): boolean {
  return path.endsWith(suffix) && path.startsWith(prefix, path.lastIndexOf('/') + 1);
}

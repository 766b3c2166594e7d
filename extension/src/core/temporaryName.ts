const suffix = '.tmp';
const pattern = /^\.palmtree-(\d+)-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/;

/**
 * The name of a file that lies in its target's folder until it is complete. `uuid` must be random, so that no file of the
 * user has such a name. The name's length does not depend on the target, so that targets with names of 255 bytes can be
 * written too.
 */
export function temporaryName(pid: number, uuid: string): string {
  return `.palmtree-${pid}-${uuid}${suffix}`;
}

/** The id of the process that created the temporary file at `path`; undefined if `path` has no temporary name. */
export function creatorOf(path: string): number | undefined {
  if (!path.endsWith(suffix)) return undefined;
  const pid = pattern.exec(path.slice(path.lastIndexOf('/') + 1))?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether the last segment of `path` is a temporary name. Such files are never synced. */
export function isTemporary(path: string): boolean {
  return creatorOf(path) !== undefined;
}

import { isAbsolute, posix } from 'node:path';
import { PalmtreeError } from '../../errors';

/**
 * The paths that code gives, relative to a folder and with `/`, as Palmtree has them: `./x` and `x/` are `x`, and the folder
 * is `''`. Throws not_in_folder.
 */
export function pathsInFolder(given: readonly string[]): string[] {
  const outside = given.filter((path) => normalPath(path) === undefined);
  if (outside.length > 0) throw new PalmtreeError('not_in_folder', 'outside', { details: { paths: outside } });
  return given.flatMap((path) => normalPath(path) ?? []);
}

/** The path as Palmtree has it; undefined if it is absolute or leads out of its folder. */
export function normalPath(path: string): string | undefined {
  const normal = posix.normalize(path).replace(/\/+$/, '');
  if (isAbsolute(path) || normal === '..' || normal.startsWith('../')) return undefined;
  return normal === '.' ? '' : normal;
}

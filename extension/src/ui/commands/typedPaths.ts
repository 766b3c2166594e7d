import { isAbsolute, posix, relative, resolve, sep } from 'node:path';
import { normalPath } from '../workspace/pathsInFolder';

export interface TypedPaths {
  /** Relative to the folder; `''` is the folder itself. */
  readonly paths: readonly string[];
  /** The typed paths that lead out of the folder. */
  readonly outside: readonly string[];
}

/**
 * Splits typed text into paths as a shell does: at spaces, but not inside double quotes. Paths may be absolute, or
 * relative to `current`, a folder in `root`, which is an absolute path.
 */
export function typedPaths(text: string, root: string, current = ''): TypedPaths {
  const typed = [...text.matchAll(/"([^"]+)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const paths: string[] = [];
  const outside: string[] = [];
  for (const each of typed) {
    const path = isAbsolute(each) ? relative(root, resolve(each)) : posix.join(current, each.replaceAll('\\', '/'));
    const normal = normalPath(path.replaceAll(sep, '/'));
    if (normal === undefined) outside.push(each);
    else paths.push(normal);
  }
  return { paths: [...new Set(paths)], outside };
}

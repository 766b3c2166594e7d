import { parentFolders } from './paths';

/** As much of a set of paths as a limit needs. */
export type PathArea = Pick<ReadonlySet<string>, 'has'>;

/** The area of all paths at and in those of `roots`; `''` is the whole folder. */
export function atOrIn(roots: Iterable<string>): PathArea {
  const wanted = new Set(roots);
  const isAbove = (path: string): boolean => {
    for (const one of atAndAbove(path)) if (wanted.has(one)) return true;
    return false;
  };
  return { has: isAbove };
}

/** The path, the folders above it, and `''`. */
export function* atAndAbove(path: string): Generator<string> {
  yield path;
  yield* parentFolders(path);
  yield '';
}

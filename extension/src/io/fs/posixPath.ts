import { sep } from 'node:path';

/** A relative path of this system with `/` between its segments. */
export function posixPath(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/');
}

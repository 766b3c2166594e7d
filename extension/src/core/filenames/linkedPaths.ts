import { parentOf } from '../paths';
import { obeyedBy, type ObeyingProgram } from './obeyedFiles';

/** A symlink that leads to a path of the workspace folder. */
export interface LeadingLink {
  readonly path: string;
  /** Relative to the workspace folder, which is `''`. */
  readonly target: string;
}

/** So many links may follow each other. */
const maxLinks = 8;

/** The links of a workspace folder, by where they lead. */
export class LinkedPaths {
  readonly #byTarget = new Map<string, LeadingLink[]>();

  constructor(links: Iterable<LeadingLink>) {
    for (const link of links) this.add(link);
  }

  add(link: LeadingLink): void {
    const key = keyOf(link.target);
    const others = this.#byTarget.get(key);
    if (others === undefined) this.#byTarget.set(key, [link]);
    else others.push(link);
  }

  /** A path at which a program finds and obeys what is at `path`, because links lead there. */
  obeyedThrough(path: string): { readonly path: string; readonly by: ObeyingProgram } | undefined {
    if (this.#byTarget.size === 0) return undefined;
    let found = [path];
    const seen = new Set(found);
    for (let links = 0; links < maxLinks && found.length > 0; links++) {
      found = found.flatMap((one) => this.#pathsTo(one)).filter((one) => !seen.has(one));
      for (const one of found) {
        seen.add(one);
        const by = obeyedBy(one);
        if (by !== undefined) return { path: one, by };
      }
    }
    return undefined;
  }

  /** The paths that lead to `path` through one link. */
  #pathsTo(path: string): string[] {
    const paths: string[] = [];
    const segments = path.split('/');
    const key = keyOf(path).split('/');
    for (let count = 0; count <= segments.length; count++) {
      const rest = segments.slice(count);
      for (const link of this.#byTarget.get(key.slice(0, count).join('/')) ?? []) {
        paths.push([link.path, ...rest].join('/'));
      }
    }
    return paths;
  }
}

/** The link at `path` with this text as its target; undefined if it does not lead to another path of the workspace folder. */
export function leadingLink(path: string, target: string): LeadingLink | undefined {
  const segments = (parentOf(path) ?? '').split('/').filter(Boolean);
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return target.startsWith('/') ? undefined : { path, target: segments.join('/') };
}

/** Some disks fold case, or take composed and decomposed letters for the same. Taking too many paths for one does no harm. */
function keyOf(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

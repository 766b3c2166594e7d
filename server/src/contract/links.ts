import { isGitFolder, maxPathBytes, parentOf } from './paths';

/** Linux's PATH_MAX without its NUL, in bytes of UTF-8. */
const maxTargetBytes = 4095;
const maxTargetSegments = 256;

/** Systems follow at most 32 (macOS), 40 (Linux) or 63 (Windows) links on the way to a file. */
const maxFollowedLinks = 64;
/** Links that take longer to follow, all together, count as leading outside. Honest ones take some ten steps each. */
const maxSteps = 5_000_000;

const utf8 = new TextEncoder();

/** Faults of a symlink's target in English, for the `message` of an error. */
export const linkFaultTexts = {
  empty: 'has an empty target',
  nul: 'has a target with a NUL character',
  'not-unicode': 'has a target that is not valid Unicode',
  'too-long': `has a target longer than ${maxTargetBytes} bytes or ${maxTargetSegments} segments`,
  absolute: 'has an absolute target',
  outside: 'leads outside the tree',
  'git-folder': 'leads into a .git folder',
} as const;

export type LinkFault = keyof typeof linkFaultTexts;

/** The reason why no tree may have a symlink at `path` with `target`, whatever else is in the tree. */
export function linkFault(path: string, target: string): LinkFault | undefined {
  if (target === '') return 'empty';
  if (target.includes('\0')) return 'nul';
  if (!target.isWellFormed()) return 'not-unicode';
  // Windows takes "\" for a separator, and a letter with a colon for a drive.
  if (/^(?:[/\\]|[a-z]:)/i.test(target)) return 'absolute';
  if (target.length * 3 > maxTargetBytes && utf8.encode(target).length > maxTargetBytes) return 'too-long';
  const folders = path.split('/').length - 1;
  const segments = target.split('/');
  if (segments.length > maxTargetSegments) return 'too-long';
  const isInside = staysInside(folders, segments) && staysInside(folders, target.split(/[/\\]/));
  if (!isInside) return 'outside';
  return leadsIntoGit(target) ? 'git-folder' : undefined;
}

/** Whether a target is a `.git` folder or in one. Through such a link, another program could write the hooks that git runs. */
export function leadsIntoGit(target: string): boolean {
  return target.split(/[/\\]/).some(isGitFolder);
}

/** Whether a target stays inside the tree by its text. One that leaves and re-enters names the workspace folder. */
function staysInside(folders: number, segments: readonly string[]): boolean {
  let depth = folders;
  for (const segment of segments) {
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}

/**
 * Whether a target goes up after it went down (`a/b/..`). Only such a link can lead outside because of other links: every
 * other one ends inside if those on its way do.
 */
export function goesUpAgain(target: string): boolean {
  const segments = segmentsOf(target);
  const down = segments.findIndex((segment) => segment !== '..');
  return down !== -1 && segments.includes('..', down);
}

/**
 * Follows the symlinks of a tree through each other. Two links that each stay inside can lead outside together:
 * `x -> a/b/c/..` and `a/b/c -> ../..`. Invariant of the tree: nothing is below a link. A path that does not exist counts as a
 * folder, because a later push may create it.
 */
export class LinkResolver {
  readonly #links: ReadonlyMap<string, string>;
  /** Paths by their folded form: on many disks, a link is also found by a name that differs in case. */
  readonly #byFolded = new Map<string, string>();
  #steps = 0;

  /** `links` maps the paths of all symlinks to their targets. */
  constructor(links: ReadonlyMap<string, string>) {
    this.#links = links;
    for (const path of links.keys()) this.#byFolded.set(folded(path), path);
  }

  /**
   * The paths that are visited on the way outside, if the link leads there. A change of one of them made it so, unless it
   * did before.
   */
  wayOutside(path: string): ReadonlySet<string> | undefined {
    if (!this.#leadsOutside(path)) return undefined;
    const visited = new Set([path]);
    this.#leadsOutside(path, visited);
    return visited;
  }

  #leadsOutside(path: string, visited?: Set<string>): boolean {
    const ahead = segmentsOf(this.#links.get(path) ?? '').toReversed();
    let current = parentOf(path);
    let followed = 1;
    for (let segment = ahead.pop(); segment !== undefined; segment = ahead.pop()) {
      if (++this.#steps > maxSteps) return true;
      if (segment === '..') {
        if (current === '') return true;
        current = parentOf(current);
        continue;
      }
      const next: string = current === '' ? segment : `${current}/${segment}`;
      // Nothing can be there.
      if (next.length > maxPathBytes) return false;
      visited?.add(next);
      const link = this.#links.has(next) ? next : this.#byFolded.get(folded(next));
      if (link === undefined) {
        current = next;
        continue;
      }
      // No system follows this many.
      if (++followed > maxFollowedLinks) return false;
      visited?.add(link);
      current = parentOf(link);
      ahead.push(...segmentsOf(this.#links.get(link) ?? '').toReversed());
    }
    return false;
  }
}

function segmentsOf(target: string): string[] {
  return target.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

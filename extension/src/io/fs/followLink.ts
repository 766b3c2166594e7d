import { readlinkSync } from 'node:fs';
import { isAbsolute } from 'node:path';

const maxFollowedLinks = 40;
const separators = process.platform === 'win32' ? /[\\/]/ : '/';

/** A folder under the names by which a link may reach it. */
export interface NamedRoot {
  /** Without symlinks. */
  readonly real: string;
  /** As it was opened. */
  readonly opened: string;
}

/**
 * Returns where `path` leads, through all links, even if nothing is there yet; both are relative to the root, which is `''`.
 * Returns undefined if it leads out of the root, and `path` itself if it leads through too many links, such as around a circle.
 * Invariant: nothing outside of the root is touched. A disk that does not respond may be mounted there.
 */
export function followLink(root: NamedRoot, path: string): string | undefined {
  const rest = segmentsOf(path);
  let at: string[] = [];
  let followed = 0;
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === '..') {
      if (at.pop() === undefined && !reenters(root, rest)) return undefined;
      continue;
    }
    const target = linkTarget([root.real, ...at, next].join('/'));
    if (target === undefined) {
      at.push(next);
      continue;
    }
    if (++followed > maxFollowedLinks) return path;
    rest.unshift(...segmentsOf(target));
    if (!isAbsolute(target)) continue;
    at = [];
    if (![root.real, root.opened].some((name) => removeStart(rest, segmentsOf(name)))) return undefined;
  }
  return at.join('/');
}

/** Removes the names that lead from the root's parent back into the root; false if `rest` does not begin with them. */
function reenters({ real }: NamedRoot, rest: string[]): boolean {
  const names = segmentsOf(real);
  let ups = 1;
  while (rest[ups - 1] === '..') ups++;
  return removeStart(rest, [...Array<string>(ups - 1).fill('..'), ...names.slice(-ups)]);
}

/** Names that differ in case alone count as the same: the disk may fold case, and else this only finds one link too many. */
function removeStart(rest: string[], start: readonly string[]): boolean {
  const isStart = start.every((name, index) => rest[index]?.toLowerCase() === name.toLowerCase());
  if (isStart) rest.splice(0, start.length);
  return isStart;
}

function segmentsOf(path: string): string[] {
  return path.split(separators).filter((segment) => segment !== '' && segment !== '.');
}

/** The text of the symlink at `path`; undefined if there is no symlink. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

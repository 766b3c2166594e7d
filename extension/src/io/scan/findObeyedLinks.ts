import { lstatSync, opendirSync, readlinkSync, realpathSync, type Dirent } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { LeadingLink } from '../../core/filenames/linkedPaths';
import { obeyedBy } from '../../core/filenames/obeyedFiles';
import { isInside, parentFolders } from '../../core/paths';
import type { Rule } from '../../core/tracking/rule';

/** The folders that are searched. */
const maxFolders = 50;
/** The items of each of them that are looked at. */
const maxItems = 5_000;
/** The items in a folder that programs obey, nearest first, such as those of `.git`. */
const maxObeyedItems = 500;
const maxFollowedLinks = 40;
/** The packages of a monorepo are usually linked from here, and would all be held. */
const packages = 'node_modules';

/**
 * Finds the symlinks whose paths programs obey, and that lead to a path of the workspace folder: beside and above the paths with
 * rules, and in the folders there that programs obey. These links are the user's, and need not be tracked.
 */
export function findObeyedLinks(root: string, rules: readonly Rule[]): LeadingLink[] {
  const realRoot = realpathSync.native(root);
  const links: LeadingLink[] = [];
  for (const path of linksNear(root, rules)) {
    const target = relative(realRoot, realTarget(join(realRoot, path), maxFollowedLinks))
      .split(sep)
      .join('/');
    if (target === '..' || isInside(target, '..') || target === path) continue;
    links.push({ path, target });
  }
  return links;
}

function* linksNear(root: string, rules: readonly Rule[]): Generator<string, undefined> {
  const folders = new Set(['']);
  for (const { path } of rules) {
    for (const folder of parentFolders(path)) if (folders.size < maxFolders) folders.add(folder);
  }
  for (const folder of folders) {
    for (const { path, item } of itemsIn(root, folder, maxItems)) {
      if (obeyedBy(item.name) === undefined) continue;
      if (item.isSymbolicLink()) yield path;
      else if (item.isDirectory() && item.name !== packages) yield* linksBelow(root, path);
    }
  }
}

function* linksBelow(root: string, folder: string): Generator<string, undefined> {
  let left = maxObeyedItems;
  const folders = [folder];
  for (let next = folders.shift(); next !== undefined && left > 0; next = folders.shift()) {
    for (const { path, item } of itemsIn(root, next, left)) {
      left--;
      if (item.isSymbolicLink()) yield path;
      else if (item.isDirectory()) folders.push(path);
    }
  }
}

function* itemsIn(root: string, folder: string, limit: number) {
  try {
    const opened = opendirSync(join(root, folder));
    try {
      let item: Dirent | null;
      for (let count = 0; count < limit && (item = opened.readSync()) !== null; count++) {
        yield { path: folder === '' ? item.name : `${folder}/${item.name}`, item };
      }
    } finally {
      opened.closeSync();
    }
  } catch {
    // It has gone, or cannot be read: then no program of the user's reads it either.
  }
}

/** The real path to which an absolute path leads, also if nothing is there yet. */
function realTarget(path: string, followed: number): string {
  try {
    return realpathSync.native(path);
  } catch {
    if (followed === 0 || dirname(path) === path) return path;
    const parent = realTarget(dirname(path), followed - 1);
    const here = join(parent, basename(path));
    return isLink(here) ? realTarget(resolve(parent, readlinkSync(here)), followed - 1) : here;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

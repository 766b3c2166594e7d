import { opendirSync, realpathSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import type { LeadingLink } from '../../core/filenames/linkedPaths';
import { obeyedBy } from '../../core/filenames/obeyedFiles';
import { parentFolders } from '../../core/paths';
import type { Rule } from '../../core/tracking/rule';
import { followLink, type NamedRoot } from '../fs/followLink';

/** The folders that are searched. */
const maxFolders = 50;
/** The items of each of them that are looked at. */
const maxItems = 5_000;
/** The items in a folder that programs obey, nearest first, such as those of `.git`. */
const maxObeyedItems = 500;
/** The packages of a monorepo are usually linked from here, and would all be held. */
const packages = 'node_modules';

/**
 * Finds the symlinks whose paths programs obey, and that lead to a path of the workspace folder: beside and above the paths with
 * rules, and in the folders there that programs obey. These links are the user's, and need not be tracked.
 */
export function findObeyedLinks(opened: string, rules: readonly Rule[]): LeadingLink[] {
  const root = { real: realpathSync.native(opened), opened };
  const links: LeadingLink[] = [];
  for (const path of linksNear(root, rules)) {
    const target = followLink(root, path);
    if (target !== undefined && target !== path) links.push({ path, target });
  }
  return links;
}

function* linksNear(root: NamedRoot, rules: readonly Rule[]): Generator<string, undefined> {
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

function* linksBelow(root: NamedRoot, folder: string): Generator<string, undefined> {
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

function* itemsIn(root: NamedRoot, folder: string, limit: number) {
  const real = followLink(root, folder);
  if (real === undefined) return;
  try {
    const opened = opendirSync(join(root.real, real));
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

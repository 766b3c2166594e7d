import { readdirSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { NameRules } from '../../core/filenames/nameRules';
import { readableStatsAt } from './stats';

/** So many names are looked at in the workspace folder: where names fold, the first will tell. */
const maxLooks = 64;

/** What `statfs` calls the file systems that take `a` for `A` on Linux: FAT, exFAT, NTFS (two drivers), HFS+, SMB (two). */
const folding: ReadonlySet<number> = new Set([
  0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0x482b, 0xff534d42, 0xfe534d42,
]);

/**
 * How the disk takes names that `root` is on, found by looking at names that stand there: nothing is written.
 * Asked once; where no name could tell, the system's custom is answered, and the next time it is looked at again.
 */
export function nameRulesOf(root: string, platform: NodeJS.Platform = process.platform): () => NameRules {
  let found: NameRules | undefined;
  return () => {
    if (found !== undefined) return found;
    const names = namesIn(root);
    const foldsCase = meets(names, otherCase);
    const normalises = meets(names, otherForm);
    const rules = {
      foldsCase: foldsCase ?? foldsByCustom(root, platform),
      normalises: normalises ?? platform === 'darwin',
      windows: platform === 'win32',
    };
    if (foldsCase !== undefined) found = rules;
    return rules;
  };
}

interface Name {
  readonly folder: string;
  readonly name: string;
  /** Another entry of the folder: a second name, and no second spelling. */
  readonly isOther: (name: string) => boolean;
}

/** Names on the disk of `root`: those in it, and its own. */
function namesIn(root: string): Name[] {
  const found: Name[] = [];
  try {
    const inRoot = readdirSync(root);
    const isOther = entries(inRoot);
    for (const name of inRoot) if (found.length < maxLooks) found.push({ folder: root, name, isOther });
    const above = dirname(root);
    // A mount point's own name stands on another disk.
    if (above !== root && readableStatsAt(above)?.dev === readableStatsAt(root)?.dev) {
      found.push({ folder: above, name: basename(root), isOther: entries(readdirSync(above)) });
    }
  } catch {
    // What cannot be listed cannot tell.
  }
  return found;
}

function entries(names: readonly string[]): (name: string) => boolean {
  const all = new Set(names);
  return (name) => all.has(name);
}

/** Whether a name and its `other` spelling are one file; undefined when no name has another spelling. */
function meets(names: readonly Name[], other: (name: string) => string): boolean | undefined {
  for (const { folder, name, isOther } of names) {
    const spelling = other(name);
    if (spelling === name || isOther(spelling)) continue;
    if (readableStatsAt(join(folder, name)) === undefined) continue;
    // Inodes cannot tell: some file systems number one file differently by the spelling it is asked for by.
    const isFound = readableStatsAt(join(folder, spelling)) !== undefined;
    if (isFound && readdirSync(folder).includes(spelling)) continue;
    return isFound;
  }
  return undefined;
}

/** ASCII letters alone: which others a disk folds differs. */
function otherCase(name: string): string {
  const upper = name.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return upper === name ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : upper;
}

function otherForm(name: string): string {
  const composed = name.normalize('NFC');
  return composed === name ? name.normalize('NFD') : composed;
}

function foldsByCustom(root: string, platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  try {
    return folding.has(statfsSync(root).type);
  } catch {
    return false;
  }
}

import { readdirSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { NameRules } from '../../../core/filenames/nameRules';
import { withProbeFile } from './probeFile';
import { readableStatsAt } from '../stats';

/** The most names in the workspace folder to try. On a disk that folds names, the first one shows it. */
const maxTriedNames = 64;

/** The statfs types of Linux file systems that fold case: FAT, exFAT, NTFS (two drivers), HFS+, SMB (two). */
const caseFoldingTypes: ReadonlySet<number> = new Set([
  0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0x482b, 0xff534d42, 0xfe534d42,
]);

/** The statfs type of FUSE, which has file systems of both kinds. */
const fuseType = 0x65735546;

/**
 * Returns a function that finds the name rules of the disk of `root`, by accessing existing names under other
 * spellings. For a rule that no name shows, it assumes the system's default; only on a FUSE disk, whose type says nothing,
 * it creates and removes a file. It caches its result
 * once a name has shown whether the disk folds case; until then it tries again at each call.
 */
export function nameRulesProbe(root: string, platform: NodeJS.Platform = process.platform): () => NameRules {
  let cached: NameRules | undefined;
  return () => {
    if (cached !== undefined) return cached;
    const names = namesNear(root);
    const foldsCase = areSpellingsOneFile(names, otherCase);
    const normalizes = areSpellingsOneFile(names, otherForm);
    const rules = {
      foldsCase: foldsCase ?? foldsCaseByDefault(root, platform),
      normalizes: normalizes ?? platform === 'darwin',
      windows: platform === 'win32',
    };
    if (foldsCase !== undefined) cached = rules;
    return rules;
  };
}

interface ExistingName {
  readonly folder: string;
  readonly name: string;
  /** Whether the folder lists this name, which is then an item of its own, not another spelling. */
  readonly isListed: (name: string) => boolean;
}

/** Names on the disk of `root`: those in the folder, and its own. */
function namesNear(root: string): ExistingName[] {
  const found: ExistingName[] = [];
  try {
    const names = readdirSync(root);
    const isListed = membershipIn(names);
    for (const name of names) if (found.length < maxTriedNames) found.push({ folder: root, name, isListed });
    const parent = dirname(root);
    // A mount point's own name is on another disk.
    if (parent !== root && readableStatsAt(parent)?.dev === readableStatsAt(root)?.dev) {
      found.push({ folder: parent, name: basename(root), isListed: membershipIn(readdirSync(parent)) });
    }
  } catch {
    // A folder that cannot be listed has no names to try.
  }
  return found;
}

function membershipIn(names: readonly string[]): (name: string) => boolean {
  const all = new Set(names);
  return (name) => all.has(name);
}

/** Whether a name and its other spelling are one file; undefined if no name has another spelling. */
function areSpellingsOneFile(names: readonly ExistingName[], respell: (name: string) => string): boolean | undefined {
  for (const { folder, name, isListed } of names) {
    const spelling = respell(name);
    if (spelling === name || isListed(spelling)) continue;
    if (readableStatsAt(join(folder, name)) === undefined) continue;
    // Inode numbers prove nothing: some file systems return a different one for each spelling.
    const exists = readableStatsAt(join(folder, spelling)) !== undefined;
    // A spelling that is listed by now is a file of its own, created since the folder was first listed.
    if (exists && readdirSync(folder).includes(spelling)) continue;
    return exists;
  }
  return undefined;
}

/** Changes ASCII letters only, because disks differ in which other letters they fold. */
function otherCase(name: string): string {
  const upper = name.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return upper === name ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : upper;
}

function otherForm(name: string): string {
  const composed = name.normalize('NFC');
  return composed === name ? name.normalize('NFD') : composed;
}

function foldsCaseByDefault(root: string, platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  try {
    const { type } = statfsSync(root);
    return caseFoldingTypes.has(type) || (type === fuseType && foldsCaseOfProbe(root));
  } catch {
    return false;
  }
}

function foldsCaseOfProbe(folder: string): boolean {
  const find = (_: number, path: string): boolean =>
    readableStatsAt(join(folder, otherCase(basename(path)))) !== undefined;
  return withProbeFile(folder, find) === true;
}

/**
 * Returns a function that finds the name rules of the disk that is mounted at an absolute path. `disk` identifies the disk:
 * when another one is mounted there, it is probed anew.
 */
export function mountNameRulesProbe(): (folder: string, disk: string) => NameRules {
  const probes = new Map<string, { readonly disk: string; readonly probe: () => NameRules }>();
  return (folder, disk) => {
    const known = probes.get(folder);
    const probe = known?.disk === disk ? known.probe : nameRulesProbe(folder);
    probes.set(folder, { disk, probe });
    return probe();
  };
}

import { chmodSync, statfsSync, statSync } from 'node:fs';
import { withProbeFile } from './probeFile';

/** The statfs types of ext2 to ext4, XFS, Btrfs, F2FS, ZFS, tmpfs, overlayfs and NFS, which all keep modes. */
const modeKeepingTypes: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630, 0x6969,
]);
/** FAT, exFAT, NTFS (two drivers) and SMB (two). */
const modelessTypes: ReadonlySet<number> = new Set([
  0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0xff534d42, 0xfe534d42,
]);
/** A disk that keeps one of them by chance, from its mount options, does not keep the other. */
const triedModes = [0o600, 0o744];

/**
 * Returns a function that finds whether the disk of `root` keeps permission bits. On a file system of an unknown type it
 * changes the mode of a new temporary file in `root`. It caches its result until another disk is mounted there. Without
 * a writable folder it goes by the type, and tries again at the next call.
 */
export function modesProbe(root: string, platform: NodeJS.Platform = process.platform): () => boolean {
  let cached: { readonly dev: bigint; readonly keeps: boolean } | undefined;
  return () => {
    if (platform === 'win32') return false;
    const [dev, type] = diskOf(root);
    if (dev === undefined) return cached?.keeps ?? true;
    if (cached?.dev === dev) return cached.keeps;
    if (platform === 'linux' && type !== undefined && modeKeepingTypes.has(type)) cached = { dev, keeps: true };
    else {
      const keeps = keepsTriedModes(root);
      if (keeps === undefined) return !(platform === 'linux' && type !== undefined && modelessTypes.has(type));
      cached = { dev, keeps };
    }
    return cached.keeps;
  };
}

function diskOf(root: string): [dev: bigint | undefined, type: number | undefined] {
  try {
    return [statSync(root, { bigint: true }).dev, statfsSync(root).type];
  } catch {
    return [undefined, undefined];
  }
}

/** Undefined if no file can be created. */
function keepsTriedModes(folder: string): boolean | undefined {
  return withProbeFile(folder, (_, path) => {
    try {
      return triedModes.every((mode) => {
        chmodSync(path, mode);
        return (statSync(path).mode & 0o777) === mode;
      });
    } catch {
      // Some file systems refuse a mode that they cannot store.
      return false;
    }
  });
}

/** Returns a function like that of `modesProbe` for any folder at which a disk is mounted. */
export function mountModesProbe(): (folder: string) => boolean {
  const probes = new Map<string, () => boolean>();
  return (folder) => {
    const probe = probes.get(folder) ?? modesProbe(folder);
    probes.set(folder, probe);
    return probe();
  };
}

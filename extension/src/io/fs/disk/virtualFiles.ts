import { statfsSync } from 'node:fs';

/**
 * The statfs types of Linux file systems whose files the kernel generates: proc, sysfs, debugfs, tracefs, cgroup (two),
 * devpts, securityfs, bpf, configfs and pstore. From linux/magic.h.
 */
const virtualTypes: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x27e0eb, 0x63677270, 0x1cd1, 0x73636673, 0xcafe4a11, 0x62656570,
  0x6165676c,
]);

/** Whether `folder` is on a file system whose files may have no end, or may block their reader. */
export function hasVirtualFiles(folder: string): boolean {
  try {
    return virtualTypes.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

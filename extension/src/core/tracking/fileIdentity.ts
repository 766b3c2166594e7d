/** The numbers by which a file system knows a file or folder, as decimal texts. A rename keeps them. */
export interface FileIdentity {
  /** The device, whose number may change at a reboot. */
  readonly dev: string;
  readonly ino: string;
  /** The time of its creation in nanoseconds; '0' where the file system does not keep it. */
  readonly birth: string;
  /** The number of names of a file; 1 for a folder. */
  readonly links: number;
}

/**
 * Whether both are one file or folder with as many names as before. An inode number is given to another file when the
 * first is deleted, so it proves nothing without the time of creation. If the file has
 * fewer names than before, one of them was deleted, and the others are not its new name.
 */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.birth !== '0' && a.ino === b.ino && a.birth === b.birth && a.links === b.links;
}

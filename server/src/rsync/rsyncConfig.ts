import { maxRunsAtOnce } from './run';

/**
 * Refuses all options except those that cannot reach outside the module, write in place or delete anything.
 * Invariant: --partial-dir is refused, and so is --delay-updates, which implies it. rsync writes in place to files in
 * the partial folder, and a client could name a folder with delta bases, which are objects.
 */
const refusedOptions =
  '* !recursive !relative !dirs !implied-dirs !times !ignore-times !files-from !from0 !whole-file !partial ' +
  '!no-implied-dirs !compress* !timeout !fsync !mkpath !stats !info !log-format !human-readable !verbose';

export interface RsyncConfig {
  readonly module: string;
  readonly access: 'read' | 'write';
  readonly filesFolder: string;
  readonly secretsFile: string;
  readonly lockFile: string;
  readonly logFile: string;
  /** The server's own user id; undefined on a platform without user ids. */
  readonly uid: number | undefined;
}

export const rsyncUser = 'palmtree';

export function rsyncConfig(config: RsyncConfig): string {
  const lines = [
    `log file = ${config.logFile}`,
    `[${config.module}]`,
    `path = ${config.filesFolder}`,
    'list = no',
    `auth users = ${rsyncUser}`,
    `secrets file = ${config.secretsFile}`,
    ...(config.access === 'write' ? ['read only = no', 'write only = yes'] : ['read only = yes', 'write only = no']),
    'munge symlinks = yes',
    'numeric ids = yes',
    'reverse lookup = no',
    `max connections = ${maxRunsAtOnce}`,
    `lock file = ${config.lockFile}`,
    // Without this, a client's modes could keep the server from verifying files and from removing folders.
    'incoming chmod = D0755,F0444',
    `refuse options = ${refusedOptions}`,
  ];
  // As root, rsync would switch to nobody by default. With `use chroot` unset, root's rsync uses a chroot if it may,
  // and does without if it may not, as in some containers. Other users cannot chroot at all.
  if (config.uid === 0) lines.push('uid = 0', 'gid = 0');
  else lines.push('use chroot = no');
  return `${lines.join('\n')}\n`;
}

/** rsyncd.conf has no quoting, so a path that it would parse as something else cannot be used. */
export function isUnusableInConfig(folder: string): boolean {
  return /[\n\r%\\]|\s$/.test(folder) || folder.includes('/./');
}

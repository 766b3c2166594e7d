import { maxRunsAtOnce } from './run';

/**
 * Allowed are the options that cannot reach outside the module, write in place or take anything away.
 * Invariant: --partial-dir is not among them, nor --delay-updates, which brings one along. What lies in it rsync writes
 * on in place, and a client could name the folder of a delta basis, which is an object.
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
  /** The server's own user id; undefined where there is none. */
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
    // Without it a file that its owner cannot read stays so here, and could be neither verified nor removed.
    'incoming chmod = D0755,F0444',
    `refuse options = ${refusedOptions}`,
  ];
  // As root rsync would become nobody unless told; `use chroot` stays unset, so that it confines itself where
  // it may and goes on where it may not, in a container for instance. For others a chroot cannot work.
  if (config.uid === 0) lines.push('uid = 0', 'gid = 0');
  else lines.push('use chroot = no');
  return `${lines.join('\n')}\n`;
}

/** rsyncd.conf has no quoting: a folder that it would read otherwise cannot hold the data. */
export function unusableInConfig(folder: string): boolean {
  return /[\n\r%\\]|\s$/.test(folder) || folder.includes('/./');
}

/** Linux's PATH_MAX and NAME_MAX, in bytes of UTF-8. */
export const maxPathBytes = 4096;
export const maxSegmentBytes = 255;
/** Programs take quadratic time for the path of a file in very many folders: rsync half a minute for a thousand. */
export const maxSegments = 200;

const utf8 = new TextEncoder();

/** Path faults in English, for the `message` of an error. */
export const pathFaultTexts = {
  empty: 'is empty',
  absolute: 'is absolute',
  nul: 'has a NUL character',
  backslash: 'has a backslash',
  'not-unicode': 'is not valid Unicode',
  'path-too-long': `is longer than ${maxPathBytes} bytes`,
  'too-deep': `has more than ${maxSegments} segments`,
  'empty-segment': 'has an empty segment',
  'dot-segment': 'has a "." segment',
  'dot-dot-segment': 'has a ".." segment',
  'segment-too-long': `has a segment longer than ${maxSegmentBytes} bytes`,
  'git-folder': 'is in a .git folder',
  'rsync-folder': 'has a name that rsync reserves',
} as const;

export type PathFault = keyof typeof pathFaultTexts;

/**
 * The reason why `path` is not a valid path of a tree; undefined when it is valid.
 * A valid path is relative, separated by `/`, well-formed Unicode, and means the same on every client.
 */
export function pathFault(path: string): PathFault | undefined {
  if (path === '') return 'empty';
  if (path.startsWith('/')) return 'absolute';
  if (path.includes('\0')) return 'nul';
  if (path.includes('\\')) return 'backslash';
  if (!path.isWellFormed()) return 'not-unicode';
  if (isLonger(path, maxPathBytes)) return 'path-too-long';
  if (rsyncFolder.test(path)) return 'rsync-folder';
  const segments = path.split('/');
  if (segments.length > maxSegments) return 'too-deep';
  for (const segment of segments) {
    if (segment === '') return 'empty-segment';
    if (segment === '.') return 'dot-segment';
    if (segment === '..') return 'dot-dot-segment';
    if (isLonger(segment, maxSegmentBytes)) return 'segment-too-long';
    if (isGitFolder(segment)) return 'git-folder';
  }
  return undefined;
}

/** The folder of the file at `path`; `''` if the path is a name. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * Whether some file system takes the name for `.git`. git runs hooks and commands that the files in such a folder name, so
 * whoever writes one runs programs on the machine that reads it. APFS and HFS+ ignore case and invisible characters; NTFS
 * ignores case, spaces and dots at the end, has streams after a colon, and a short name, whose number grows if another name
 * has taken it. git refuses nearly the same names (`is_hfs_dotgit` and `is_ntfs_dotgit`). Samba, ZFS and Linux's cifs also
 * take the dotless i, U+0131, for an I: of all letters, it alone folds to one of these.
 */
export function isGitFolder(name: string): boolean {
  return gitFolder.test(name) || (unlike.test(name) && gitFolder.test(plainForm(name)));
}

/** rsync's daemon serves nothing from a folder that contains this one, which marks symlinks as safe (`munge symlinks`). */
const rsyncFolder = /^rsyncd-munged(?:\/|$)/i;

function plainForm(name: string): string {
  return name.replaceAll(allInvisible, '').replaceAll('\u0131', 'i');
}

const gitFolder = /^(?:\.git|git~\d)[ .]*(?::.*)?$/is;
const invisible = /\p{Default_Ignorable_Code_Point}/u;
const unlike = /[\u0131\p{Default_Ignorable_Code_Point}]/u;
const allInvisible = new RegExp(invisible, 'gu');

function isLonger(text: string, bytes: number): boolean {
  // A code unit takes at most three bytes, so most texts need no encoding.
  return text.length * 3 > bytes && utf8.encode(text).length > bytes;
}

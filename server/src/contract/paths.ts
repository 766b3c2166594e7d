/** The longest path and the longest segment, in UTF-8 bytes: Linux's PATH_MAX and NAME_MAX. */
export const maxPathBytes = 4096;
export const maxSegmentBytes = 255;

const utf8 = new TextEncoder();

/** The faults of paths in English, for an error's `message`. */
export const pathFaultTexts = {
  empty: 'is empty',
  absolute: 'is absolute',
  nul: 'has a NUL character',
  backslash: 'has a backslash',
  'not-unicode': 'is not valid Unicode',
  'path-too-long': `is longer than ${maxPathBytes} bytes`,
  'empty-segment': 'has an empty segment',
  'dot-segment': 'has a "." segment',
  'dot-dot-segment': 'has a ".." segment',
  'segment-too-long': `has a segment longer than ${maxSegmentBytes} bytes`,
} as const;

export type PathFault = keyof typeof pathFaultTexts;

/**
 * Why `path` cannot name an entry of a tree, or undefined when it can.
 * A path is relative, `/`-separated, well-formed Unicode, and means the same on every client.
 */
export function pathFault(path: string): PathFault | undefined {
  if (path === '') return 'empty';
  if (path.startsWith('/')) return 'absolute';
  if (path.includes('\0')) return 'nul';
  if (path.includes('\\')) return 'backslash';
  if (!path.isWellFormed()) return 'not-unicode';
  if (isLonger(path, maxPathBytes)) return 'path-too-long';
  for (const segment of path.split('/')) {
    if (segment === '') return 'empty-segment';
    if (segment === '.') return 'dot-segment';
    if (segment === '..') return 'dot-dot-segment';
    if (isLonger(segment, maxSegmentBytes)) return 'segment-too-long';
  }
  return undefined;
}

function isLonger(text: string, bytes: number): boolean {
  // No code unit takes more than three bytes: nearly all texts are told by their length alone.
  return text.length * 3 > bytes && utf8.encode(text).length > bytes;
}

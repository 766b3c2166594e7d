/** The longest path and the longest segment, in UTF-8 bytes: Linux's PATH_MAX and NAME_MAX. */
export const maxPathBytes = 4096;
export const maxSegmentBytes = 255;

const utf8 = new TextEncoder();

/**
 * Why `path` cannot name an entry of a tree, or undefined when it can.
 * A path is relative, `/`-separated, well-formed Unicode, and means the same on every client.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'is absolute';
  if (path.includes('\0')) return 'has a NUL character';
  if (path.includes('\\')) return 'has a backslash';
  if (!path.isWellFormed()) return 'is not valid Unicode';
  if (isLonger(path, maxPathBytes)) return `is longer than ${maxPathBytes} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has a "${segment}" segment`;
    if (isLonger(segment, maxSegmentBytes)) {
      return `has a segment longer than ${maxSegmentBytes} bytes`;
    }
  }
  return undefined;
}

function isLonger(text: string, bytes: number): boolean {
  // No code unit takes more than three bytes: nearly all texts are told by their length alone.
  return text.length * 3 > bytes && utf8.encode(text).length > bytes;
}

/** The longest absolute path of Linux or macOS, in bytes. */
const maxPathBytes = (process.platform === 'darwin' ? 1024 : 4096) - 1;

/** Whether the absolute path of `path`, which is relative to `folder`, is longer than this system allows. */
export function isTooLong(folder: string, path: string): boolean {
  // UTF-8 takes at most three bytes for each unit of a string.
  if ((folder.length + 1 + path.length) * 3 <= maxPathBytes) return false;
  return Buffer.byteLength(folder) + 1 + Buffer.byteLength(path) > maxPathBytes;
}

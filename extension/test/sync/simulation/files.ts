import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The kind of a file and the SHA-256 of its content. A link's content is its target. */
export type Content = string;

export interface FileState {
  readonly content: Content;
  /** The permission bits. A link has none, so its mode is always 0o777. */
  readonly mode: number;
}

/** Files and links by path, sorted. */
export type Files = ReadonlyMap<string, FileState>;

/** Returns the files below a folder. A folder that does not exist has none. */
export async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: [string, FileState][] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found.push([path.slice(folder.length + 1), await readState(path, entry.isSymbolicLink())]);
  }
  return sortFiles(found);
}

export function sortFiles(files: Iterable<[string, FileState]>): Files {
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns one line per file, for comparing two sides. */
export function formatFiles(files: Files): string[] {
  return [...files].map(([path, { content, mode }]) => `${path}: ${content} ${mode.toString(8)}`);
}

async function readState(path: string, isLink: boolean): Promise<FileState> {
  if (isLink) return { content: contentOf('symlink', await readlink(path)), mode: 0o777 };
  const { mode } = await lstat(path);
  return { content: contentOf('file', await readFile(path)), mode: mode & 0o777 };
}

function contentOf(kind: 'file' | 'symlink', bytes: string | Buffer): Content {
  return `${kind} ${createHash('sha256').update(bytes).digest('hex')}`;
}

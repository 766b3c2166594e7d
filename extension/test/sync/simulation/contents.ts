import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A content as all sides can name it: its kind and its SHA-256, of a link that of its target. */
export type Content = string;

export interface Standing {
  readonly content: Content;
  /** The permission bits; of a link, which has none of its own, always 0o777. */
  readonly mode: number;
}

/** What stands below `folder`, by path; a folder that is not there holds nothing. */
export async function standingIn(folder: string): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(folder.length + 1), await standingAt(path, entry.isSymbolicLink()));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function standingAt(path: string, isLink: boolean): Promise<Standing> {
  if (isLink) return { content: contentOf('symlink', await readlink(path)), mode: 0o777 };
  const { mode } = await lstat(path);
  return { content: contentOf('file', await readFile(path)), mode: mode & 0o777 };
}

function contentOf(kind: 'file' | 'symlink', bytes: string | Buffer): Content {
  return `${kind} ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** As lines that two sides are compared by. */
export function asLines(standing: ReadonlyMap<string, Standing>): string[] {
  return [...standing].map(([path, { content, mode }]) => `${path}: ${content} ${mode.toString(8)}`);
}

import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { backupFolders } from '../../io/apply/backup';
import { errnoOf } from '../../io/fs/errno';

/** What was kept of files before they were replaced or deleted here. */
export interface KeptFiles {
  /** When, as an ISO date and time. */
  readonly at: string;
  /** What for, as `backupFolder` was told: `r7`, `resolved`, `undone-r7`, `merge`, … */
  readonly purpose: string;
  /** By path, where on this disk each is kept; sorted. */
  readonly files: ReadonlyMap<string, string>;
}

const named = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d+Z)-([^.]+)$/;

/** What is kept below `backups`, newest first; what is no backup, or holds no file, is passed over. */
export async function keptFiles(backups: string): Promise<KeptFiles[]> {
  const kept: KeptFiles[] = [];
  for (const name of (await namesIn(backups)).sort().reverse()) {
    const found = named.exec(name);
    if (found === null) continue;
    const [, date, hours, minutes, rest, purpose = ''] = found;
    const files = await filesOf(join(backups, name));
    if (files.size > 0) kept.push({ at: `${date}${hours}:${minutes}:${rest}`, purpose, files });
  }
  return kept;
}

async function filesOf(folder: string): Promise<Map<string, string>> {
  const files: [path: string, place: string][] = [];
  for (const copy of backupFolders(folder)) {
    const entries = await readdir(copy, { recursive: true, withFileTypes: true }).catch(absent<never[]>([]));
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const place = join(entry.parentPath, entry.name);
      files.push([relative(copy, place).split(sep).join('/'), place]);
    }
  }
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(absent<string[]>([]));
}

function absent<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return instead;
    throw error;
  };
}

import { compareNaturally } from '../../core/paths';
import { basename, join, relative, sep } from 'node:path';
import { backupFolders } from '../../io/apply/backup';
import { listFiles, listNames } from '../../io/fs/folders';
import type { StorageFolders } from '../replica/commandContext';

/** A backup, or a record that needs none because its command only added files. */
export interface StoredBackup {
  /** The name of its folder. The names of all its parts begin with it. */
  readonly name: string;
  /** An ISO date and time. */
  readonly at: string;
  /** The purpose that `newBackup` was called with, such as `r7`, `resolved`, `undone-r7` or `merge`. */
  readonly purpose: string;
  /** The names of its folders, and of the files beside them. */
  readonly parts: readonly string[];
}

/** The files that one command kept before it replaced or deleted them. */
export interface BackedUpFiles extends StoredBackup {
  /** The absolute path of each copy, by the path of the file; sorted. */
  readonly files: ReadonlyMap<string, string>;
}

/** A number, the time and the purpose. The backups of version 0.1 have no number. */
const backupName = /^(?:(\d+)-)?(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d+Z)-([^.]+)/;

/**
 * Names a new backup. The folder is not created.
 * Invariant: its number is higher than that of every backup and record in the folder. Backups are ordered by number and
 * not by time, since a clock can be set back. The caller has the lock of the store.
 */
export async function newBackup({ backups }: Pick<StorageFolders, 'backups'>, purpose: string): Promise<string> {
  let last = 0;
  for (const name of await listNames(backups)) last = Math.max(last, numberOf(name));
  const number = String(last + 1).padStart(6, '0');
  return join(backups, `${number}-${new Date().toISOString().replaceAll(':', '-')}-${purpose}`);
}

/** The ISO date and time in the path of a backup. */
export function timeOf(backup: string): string | undefined {
  const [, , date, hours, minutes, seconds] = backupName.exec(basename(backup)) ?? [];
  return date === undefined ? undefined : `${date}${hours}:${minutes}:${seconds}`;
}

/** The purpose in the path of a backup, as `newBackup` was called with it. */
export function purposeOf(backup: string): string {
  return backupName.exec(basename(backup))?.[6] ?? '';
}

/** Sorts the names of backups, or of files beside them, with the newest first. */
export function newestFirst(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => numberOf(b) - numberOf(a) || (a < b ? 1 : -1));
}

function numberOf(name: string): number {
  return Number(backupName.exec(name)?.[1] ?? 0);
}

/** Lists all backups, newest first, without reading what is in them. */
export async function storedBackups({ backups }: Pick<StorageFolders, 'backups'>): Promise<StoredBackup[]> {
  const parts = new Map<string, string[]>();
  for (const part of await listNames(backups)) {
    const [name] = backupName.exec(part) ?? [];
    if (name === undefined) continue;
    const known = parts.get(name);
    if (known === undefined) parts.set(name, [part]);
    else known.push(part);
  }
  return newestFirst(parts.keys()).map((name) => {
    return { name, at: timeOf(name) ?? '', purpose: purposeOf(name), parts: parts.get(name) ?? [] };
  });
}

/** Lists the backups with files in them, newest first. */
export async function listBackups(folders: Pick<StorageFolders, 'backups'>): Promise<BackedUpFiles[]> {
  const listed: BackedUpFiles[] = [];
  for (const stored of await storedBackups(folders)) {
    const files = await filesOf(join(folders.backups, stored.name));
    if (files.size > 0) listed.push({ ...stored, files });
  }
  return listed;
}

/** The absolute path of each copy in the folder of a backup, by the path of the file; sorted. */
export async function filesOf(backup: string): Promise<Map<string, string>> {
  const files: [path: string, copy: string][] = [];
  for (const folder of backupFolders(backup)) {
    for (const file of await listFiles(folder)) files.push([relative(folder, file).split(sep).join('/'), file]);
  }
  return new Map(files.sort(([a], [b]) => compareNaturally(a, b)));
}

import { join, relative, sep } from 'node:path';
import { backupFolders } from '../../io/apply/backup';
import { listFiles, listNames } from '../../io/fs/folders';
import type { StorageFolders } from '../replica/commandContext';

/** The files that one command kept before it replaced or deleted them. */
export interface BackedUpFiles {
  /** An ISO date and time. */
  readonly at: string;
  /** The purpose that `newBackup` was called with, such as `r7`, `resolved`, `undone-r7` or `merge`. */
  readonly purpose: string;
  /** The absolute path of each copy, by the path of the file; sorted. */
  readonly files: ReadonlyMap<string, string>;
}

/** A number, the time and the purpose. The backups of version 0.1 have no number. */
const backupName = /^(?:(\d+)-)?(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d+Z)-([^.]+)/;

/**
 * Names a new backup. The folder is not created.
 * Invariant: its number is higher than that of every backup and record in the folder. The numbers are the order, not the
 * times, since a clock can be set back. The caller holds the lock of the store.
 */
export async function newBackup({ backups }: Pick<StorageFolders, 'backups'>, purpose: string): Promise<string> {
  let last = 0;
  for (const name of await listNames(backups)) last = Math.max(last, numberOf(name));
  const number = String(last + 1).padStart(6, '0');
  return join(backups, `${number}-${new Date().toISOString().replaceAll(':', '-')}-${purpose}`);
}

/** Sorts the names of backups, or of files beside them, with the newest first. */
export function newestFirst(names: readonly string[]): string[] {
  return [...names].sort((a, b) => numberOf(b) - numberOf(a) || (a < b ? 1 : -1));
}

function numberOf(name: string): number {
  return Number(backupName.exec(name)?.[1] ?? 0);
}

/** Lists the backups that hold files, newest first. */
export async function listBackups({ backups }: Pick<StorageFolders, 'backups'>): Promise<BackedUpFiles[]> {
  const listed: BackedUpFiles[] = [];
  for (const name of newestFirst(await listNames(backups))) {
    const [whole, , date, hours, minutes, seconds, purpose = ''] = backupName.exec(name) ?? [];
    if (whole !== name) continue;
    const files = await filesOf(join(backups, name));
    if (files.size > 0) listed.push({ at: `${date}${hours}:${minutes}:${seconds}`, purpose, files });
  }
  return listed;
}

async function filesOf(backup: string): Promise<Map<string, string>> {
  const files: [path: string, copy: string][] = [];
  for (const folder of backupFolders(backup)) {
    for (const file of await listFiles(folder)) files.push([relative(folder, file).split(sep).join('/'), file]);
  }
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { join, relative, sep } from 'node:path';
import { backupFolders } from '../../io/apply/backup';
import { listFiles, listNames } from '../../io/fs/folders';
import type { StorageFolders } from '../replica/commandContext';

/** The files that one command kept before it replaced or deleted them. */
export interface BackedUpFiles {
  /** An ISO date and time. */
  readonly at: string;
  /** The purpose that `backupFolder` was called with, such as `r7`, `resolved`, `undone-r7` or `merge`. */
  readonly purpose: string;
  /** The absolute path of each copy, by the path of the file; sorted. */
  readonly files: ReadonlyMap<string, string>;
}

const backupName = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d+Z)-([^.]+)$/;

/** Names a new backup. It begins with the time, so sorted names are in order of time. The folder is not created. */
export function backupFolder({ backups }: Pick<StorageFolders, 'backups'>, purpose: string): string {
  return join(backups, `${new Date().toISOString().replaceAll(':', '-')}-${purpose}`);
}

/** Lists the backups that hold files, newest first. */
export async function listBackups({ backups }: Pick<StorageFolders, 'backups'>): Promise<BackedUpFiles[]> {
  const listed: BackedUpFiles[] = [];
  for (const name of (await listNames(backups)).sort().reverse()) {
    const parts = backupName.exec(name);
    if (parts === null) continue;
    const [, date, hours, minutes, seconds, purpose = ''] = parts;
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

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFileName } from '../database/openDatabase';
import { folderUsage } from '../objects/folderUsage';
import { fileUsage, noUsage, sumOf } from '../objects/usage';
import { TreeContents, type TreeContent } from '../trees/treeContents';
import type { Task, TaskContext } from './task';

export interface DuResult {
  readonly trees: readonly TreeContent[];
  /** Bytes on the disk. */
  readonly contents: number;
  readonly sessions: number;
  readonly database: number;
  readonly quarantine: number;
  readonly total: number;
}

export const duTask: Task<object, DuResult> = {
  name: 'du',
  run: async ({ services, database, dataFolder, signal, report }: TaskContext) => {
    const trees = await new TreeContents(database).list({ signal, report });
    report('Looks at the files on the disk.');
    const contents = (await services.contents.usage(signal)).bytes;
    const sessions = (await folderUsage(join(dataFolder, 'sessions'))).bytes;
    const databaseBytes = databaseUsage(dataFolder);
    const quarantine = (await folderUsage(join(dataFolder, 'quarantine'))).bytes;
    const reserved = fileUsage(join(dataFolder, 'reserve')).bytes;
    const total = contents + sessions + databaseBytes + quarantine + reserved;
    return { trees, contents, sessions, database: databaseBytes, quarantine, total };
  },
};

function databaseUsage(dataFolder: string): number {
  const files = ['', '-wal', '-shm'].map((suffix) => join(dataFolder, `${databaseFileName}${suffix}`));
  return files
    .filter((file) => statSync(file, { throwIfNoEntry: false }) !== undefined)
    .reduce((usage, file) => sumOf(usage, fileUsage(file)), noUsage).bytes;
}

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkDatabase } from '../database/checkDatabase';
import { copyDatabase } from '../database/copyDatabase';
import { databaseFileName } from '../database/openDatabase';
import { withoutPurges } from '../database/purgeLock';
import { withDatabase } from '../database/withDatabase';
import { OperatorError } from '../errors';
import type { Content } from '../objects/content';
import type { ContentStore } from '../objects/contentStore';
import { openContents } from '../objects/openContents';
import { isStorageFull } from '../space/isStorageFull';
import { ContentRepository, hashPrefixes } from '../trees/contentRepository';
import { contentFault } from '../verify/contentFault';
import type { ContentDamage } from '../verify/damage';
import { ArchiveWriter } from './archiveWriter';
import { databaseEntry } from './manifest';
import { withTemporaryFolder } from './temporaryFolder';
import type { WriteBytes } from './byteSink';

export interface BackupRequest {
  readonly dataFolder: string;
  /** The version of this palmtree-server. */
  readonly version: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly write: WriteBytes;
  /** Called with the bytes of the database and of all contents, before the first is written. */
  readonly onTotal: (bytes: number) => void;
  readonly onBytes: (bytes: number) => void;
  /** Called for each content that the backup lacks. */
  readonly onLost: (lost: ContentDamage) => void;
}

export interface BackupResult {
  readonly trees: number;
  readonly contents: number;
  /** Bytes of the contents. */
  readonly bytes: number;
  readonly lost: number;
}

/**
 * Writes a tar archive: a copy of the database as it is at one moment, each content that the copy names, verified while it is
 * read, and a manifest. A lost content is reported, and the backup goes on. Pushes and pulls go on meanwhile.
 * Invariant: the archive ends with the manifest, so a truncated one does not look whole.
 * Throws OperatorError if the database is damaged or its copy has no room.
 */
export async function createBackup(request: BackupRequest): Promise<BackupResult> {
  return withoutPurges(request.dataFolder, request.signal, () => backUp(request));
}

async function backUp(request: BackupRequest): Promise<BackupResult> {
  return withTemporaryFolder(request.dataFolder, 'backup', async (folder) => {
    await copyInto(folder, request.dataFolder);
    const { trees, count, bytes } = await totalsOf(folder);
    const file = join(folder, databaseFileName);
    const { size } = statSync(file);
    request.onTotal(size + bytes);
    const writer = new ArchiveWriter(request);
    const database = await writer.putFile(databaseEntry, file, size);
    const lost = await putContents(request, writer, folder, count);
    const { contents } = await writer.end(database, lost);
    return { trees, contents: contents.count, bytes: contents.bytes, lost: lost.length };
  });
}

async function copyInto(folder: string, dataFolder: string): Promise<void> {
  try {
    await copyDatabase(dataFolder, join(folder, databaseFileName));
  } catch (error) {
    if (!isStorageFull(error)) throw error;
    const fix = `Free as much space as palmtree.sqlite takes, and run the command again.`;
    throw new OperatorError(`The disk of ${dataFolder} has no room for a copy of the database. ${fix}`, {
      cause: error,
    });
  }
}

/** Opens the copy for the first time, which migrates it, and checks it. */
async function totalsOf(folder: string): Promise<{ trees: number; count: number; bytes: number }> {
  return withDatabase(folder, async (database) => {
    await checkDatabase(database, folder);
    const trees = await database.selectFrom('trees').select('id').execute();
    return { trees: trees.length, ...(await new ContentRepository(database).totals()) };
  });
}

/** Returns the hashes of the lost contents. */
async function putContents(
  { dataFolder, signal, onLost }: BackupRequest,
  writer: ArchiveWriter,
  folder: string,
  count: number,
): Promise<string[]> {
  return withDatabase(folder, async (database) => {
    const contents = new ContentRepository(database);
    const stored = openContents(dataFolder, database);
    const lost: string[] = [];
    for (const prefix of hashPrefixes(count)) {
      const batch = await contents.withPrefix(prefix);
      const slices = await stored.packs.find(batch);
      for (const content of batch) {
        signal.throwIfAborted();
        if (await writer.putContent(stored, content, slices.get(content.hash))) continue;
        lost.push(content.hash);
        onLost(await lostContent(stored, contents, content));
      }
    }
    return lost;
  });
}

/** The words for a content that could not be read. A push may have repaired it since. */
async function lostContent(
  stored: ContentStore,
  contents: ContentRepository,
  content: Content,
): Promise<ContentDamage> {
  const fault = await contentFault(stored, contents, content);
  const { uses, count: useCount } = await contents.usesOf(content, 1);
  const repaired = 'could not be read, but is whole now; back up again';
  return fault?.damage ?? { kind: 'damaged', hash: content.hash, fault: repaired, uses, useCount };
}

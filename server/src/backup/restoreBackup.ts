import { createHash } from 'node:crypto';
import { renameSync, rmdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { inSlices } from '../concurrency/inSlices';
import { checkDatabase } from '../database/checkDatabase';
import { databaseFileName, type Database } from '../database/openDatabase';
import { withDatabase } from '../database/withDatabase';
import type { Content } from '../objects/content';
import { flushFiles } from '../objects/flush';
import { ObjectStore } from '../objects/objectStore';
import { writeFully } from '../objects/writeFully';
import { ContentRepository, hashPrefixes } from '../trees/contentRepository';
import { usersText, type ContentDamage } from '../verify/damage';
import { ByteSource } from './byteSource';
import { damage, readBackup, type BackupTarget } from './readBackup';
import { beginRestore, isHalfRestored, removeHalfRestored, restoringName } from './restoreFolder';

export interface RestoreRequest {
  readonly backup: AsyncIterable<Buffer>;
  /** A folder whose lock the caller has. */
  readonly dataFolder: string;
  /** Removes what an interrupted restore left. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** Called for each content that the backup lacks. */
  readonly onLost: (lost: ContentDamage) => void;
}

export interface RestoreResult {
  readonly trees: number;
  readonly contents: number;
  /** Bytes of the contents. */
  readonly bytes: number;
  readonly lost: number;
  /** The time of the backup. */
  readonly createdAt: string;
}

/**
 * Restores a backup into a data folder that is empty but for its lock. After an error the folder is empty again.
 * Invariant: the database gets its place last, when all else is durable, so a kill leaves a folder that no server accepts.
 * Throws OperatorError if the folder is not empty, or the backup is truncated or damaged.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreResult> {
  const { dataFolder } = request;
  await beginRestore(dataFolder, request);
  try {
    return await restoreInto(request);
  } catch (error) {
    // Once the database is in its place, nothing may be removed.
    if (isHalfRestored(dataFolder)) await removeHalfRestored(dataFolder);
    throw error;
  }
}

async function restoreInto(request: RestoreRequest): Promise<RestoreResult> {
  const { dataFolder } = request;
  const folder = join(dataFolder, restoringName);
  const objects = new ObjectStore(join(dataFolder, 'objects'));
  const { createdAt, contents, lost } = await readBackup(new ByteSource(observed(request)), targetOf(folder, objects));
  const { trees, missing } = await withDatabase(folder, async (database) => {
    await checkDatabase(database, folder);
    await forgetPacks(database);
    const absent = await absentContents(database, objects, contents.count);
    await requireKnown(database, absent, new Set(lost));
    for (const content of absent) request.onLost(await lostContent(database, content));
    return { trees: await database.selectFrom('trees').select('id').execute(), missing: absent.length };
  });
  request.signal.throwIfAborted();
  await objects.flushAll(contents.count);
  await putInPlace(dataFolder);
  return { trees: trees.length, contents: contents.count, bytes: contents.bytes, lost: missing, createdAt };
}

/** The bytes of the backup, until the restore is cancelled. */
async function* observed({ backup, signal, onBytes }: RestoreRequest): AsyncGenerator<Buffer> {
  for await (const bytes of backup) {
    signal.throwIfAborted();
    onBytes(bytes.length);
    yield bytes;
  }
}

function targetOf(folder: string, objects: ObjectStore): BackupTarget {
  return {
    putDatabase: (pieces) => writeDatabase(join(folder, databaseFileName), pieces),
    putContent: async (content, pieces) => void (await objects.receive(content, pieces)),
  };
}

async function writeDatabase(file: string, pieces: AsyncIterable<Buffer>): Promise<string> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const digest = createHash('sha256');
    for await (const piece of pieces) {
      digest.update(piece);
      await writeFully(handle, piece);
    }
    return digest.digest('hex');
  } finally {
    await handle.close();
  }
}

/** A restore stores each content as an object of its own. The next gc composes those of the history of chunks. */
async function forgetPacks(database: Database): Promise<void> {
  await database.deleteFrom('recipes').execute();
  await database.deleteFrom('chunks').execute();
  await database.deleteFrom('slices').execute();
  await database.deleteFrom('packs').execute();
}

/** The contents that the database names and that were not restored. `count` is about the number of all. */
async function absentContents(database: Database, objects: ObjectStore, count: number): Promise<Content[]> {
  const contents = new ContentRepository(database);
  const absent: Content[] = [];
  for (const prefix of hashPrefixes(count)) {
    await inSlices(await contents.withPrefix(prefix), (content) => {
      if (!objects.has(content)) absent.push(content);
    });
  }
  return absent;
}

/** Throws OperatorError if contents are absent that were whole when the backup was made. `known` are those that were not. */
async function requireKnown(database: Database, absent: readonly Content[], known: ReadonlySet<string>): Promise<void> {
  const [first, ...others] = absent.filter(({ hash }) => !known.has(hash));
  if (first === undefined) return;
  const { uses, count } = await new ContentRepository(database).usesOf(first, 1);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw damage(`: the content ${first.hash} of ${usersText(uses, count)}${more}`);
}

async function lostContent(database: Database, content: Content): Promise<ContentDamage> {
  const { uses, count: useCount } = await new ContentRepository(database).usesOf(content, 3);
  return { kind: 'missing', hash: content.hash, fault: 'is not in the backup', uses, useCount };
}

async function putInPlace(dataFolder: string): Promise<void> {
  const folder = join(dataFolder, restoringName);
  const file = join(folder, databaseFileName);
  await flushFiles([file]);
  renameSync(file, join(dataFolder, databaseFileName));
  rmdirSync(folder);
  await flushFiles([dataFolder]);
}

import { OperatorError } from '../errors';
import type { Content } from '../objects/content';
import type { ByteSource } from './byteSource';
import {
  backupFormat,
  ContentsDigest,
  databaseEntry,
  hashOfObjectEntry,
  isManifestEntry,
  manifestEntry,
  manifestSchema,
  type Manifest,
} from './manifest';
import { blockBytes, parseTarHeader, tarPadding, type TarEntry } from './tarFormat';

/** Takes what a backup has. */
export interface BackupTarget {
  /** Returns the SHA-256 of the database in hex. */
  readonly putDatabase: (pieces: AsyncIterable<Buffer>) => Promise<string>;
  /** Keeps the content only if it is whole. */
  readonly putContent: (content: Content, pieces: AsyncIterable<Buffer>) => Promise<void>;
}

/** A manifest with a million lost contents. */
const maxManifestBytes = 128 << 20;

/**
 * Reads a backup to its manifest, and compares the database and the names of the contents with it. Throws OperatorError if it is none, or is
 * truncated or damaged.
 */
export async function readBackup(source: ByteSource, target: BackupTarget): Promise<Manifest> {
  const first = await readHeader(source);
  if (first?.name !== databaseEntry) throw noBackup();
  const hash = await target.putDatabase(source.pieces(first.size));
  await source.read(tarPadding(first.size).length);
  const digest = new ContentsDigest();
  for (;;) {
    const start = source.position;
    const entry = await readHeader(source);
    const object = entry === undefined ? undefined : hashOfObjectEntry(entry.name);
    if (entry !== undefined && object !== undefined) {
      const content = { hash: object, size: entry.size };
      digest.add(content);
      await target.putContent(content, source.pieces(entry.size));
      await source.read(tarPadding(entry.size).length);
      continue;
    }
    if (entry === undefined || !isManifestEntry(entry.name)) throw damage(`at byte ${start}`);
    const manifest = await readManifest(source, entry);
    if (manifest.database.hash !== hash) throw damage('in its database');
    const sum = digest.sum();
    if (sum.hash !== manifest.contents.hash || sum.bytes !== manifest.contents.bytes) {
      throw damage(': its contents are not those that its manifest names');
    }
    return manifest;
  }
}

/** Undefined if the next block is not the header of a file. */
async function readHeader(source: ByteSource): Promise<TarEntry | undefined> {
  const entry = parseTarHeader(await source.read(blockBytes));
  return entry === 'end' ? undefined : entry;
}

async function readManifest(source: ByteSource, { name, size }: TarEntry): Promise<Manifest> {
  if (size > maxManifestBytes) throw damage('in its manifest');
  const text = (await source.read(size)).toString();
  if (manifestEntry(text) !== name) throw damage('in its manifest');
  const value: unknown = JSON.parse(text);
  if (!isOfThisFormat(value)) {
    throw new OperatorError('A newer palmtree-server has made the backup. Update this one.');
  }
  return manifestSchema.parse(value);
}

function isOfThisFormat(value: unknown): boolean {
  return (value as Partial<Manifest>).format === backupFormat;
}

function noBackup(): OperatorError {
  const fix = 'Decompress it first if it is compressed.';
  return new OperatorError(`The file is not a backup that "palmtree-server backup" has made. ${fix}`);
}

/** `place` follows "damaged". */
export function damage(place: string): OperatorError {
  const fix = 'Nothing was restored. Copy the backup again from where it is whole, or take another one.';
  return new OperatorError(`The backup is damaged${place.startsWith(':') ? '' : ' '}${place}. ${fix}`);
}

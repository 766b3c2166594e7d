import { createHash, type Hash } from 'node:crypto';
import * as z from 'zod';

/** Raised by a change that an older `restore` would misread. */
export const backupFormat = 1;

export const databaseEntry = 'palmtree.sqlite';
const objectPrefix = 'objects/';
const objectName = /^objects\/([0-9a-f]{64})$/;
const manifestName = /^manifest-([0-9a-f]{64})\.json$/;

export const manifestSchema = z.object({
  format: z.number(),
  createdAt: z.string(),
  /** The version of the palmtree-server that made the backup. */
  version: z.string(),
  database: z.object({ hash: z.string(), size: z.number() }),
  /** The contents in the backup: `hash` is over their names in their order, each with a line feed. */
  contents: z.object({ hash: z.string(), count: z.number(), bytes: z.number() }),
  /** The contents that the database names and that were missing or damaged. */
  lost: z.array(z.string()),
});

export type Manifest = z.infer<typeof manifestSchema>;

export function objectEntry(hash: string): string {
  return `${objectPrefix}${hash}`;
}

/** Undefined for any other entry. */
export function hashOfObjectEntry(name: string): string | undefined {
  return objectName.exec(name)?.[1];
}

/** The name has the hash of the text, so that no bit of the manifest can change unseen. */
export function manifestEntry(text: string): string {
  return `manifest-${createHash('sha256').update(text).digest('hex')}.json`;
}

export function isManifestEntry(name: string): boolean {
  return manifestName.test(name);
}

/** Sums up the contents of a backup for its manifest. */
export class ContentsDigest {
  readonly #hash: Hash = createHash('sha256');
  #count = 0;
  #bytes = 0;

  add({ hash, size }: { readonly hash: string; readonly size: number }): void {
    this.#hash.update(`${hash}\n`);
    this.#count++;
    this.#bytes += size;
  }

  sum(): Manifest['contents'] {
    return { hash: this.#hash.digest('hex'), count: this.#count, bytes: this.#bytes };
  }
}

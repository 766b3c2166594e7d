import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';
import type { RemovableVersion } from './removableVersions';

interface Content {
  /** Bytes. */
  readonly size: number;
  readonly treeId: number;
  /** The number of its versions that are to be removed. */
  versions: number;
}

/** Contents that are in memory at once: about 100 MB. */
export const partContents = 500_000;

/** Finds the contents that only removed versions have, in one of `parts` parts of all contents. */
export class FreedBytes {
  readonly #contents = new Map<string, Content>();
  readonly #part: { readonly part: number; readonly parts: number };

  constructor(part: { readonly part: number; readonly parts: number }) {
    this.#part = part;
  }

  add(treeId: number, versions: readonly RemovableVersion[]): void {
    const { part, parts } = this.#part;
    for (const { kind, hash, size } of versions) {
      if (kind !== 'file' || hash === null || Number.parseInt(hash.slice(0, 8), 16) % parts !== part) continue;
      // Half of the memory of hexadecimal digits.
      const key = Buffer.from(hash, 'hex').toString('latin1');
      const known = this.#contents.get(key);
      if (known !== undefined) known.versions++;
      else this.#contents.set(key, { size: size ?? 0, treeId, versions: 1 });
    }
  }

  /** The bytes by tree. A content that several trees lose counts for the first one. */
  async byTree(database: Database, signal: AbortSignal): Promise<Map<number, number>> {
    const bytes = new Map<number, number>();
    await inChunks([...this.#contents], async (chunk) => {
      signal.throwIfAborted();
      const contents = new Map(chunk.map(([key, content]) => [Buffer.from(key, 'latin1').toString('hex'), content]));
      const rows = await database
        .selectFrom('versions')
        .select(({ fn }) => ['hash', fn.countAll<number>().as('count')])
        .where('hash', 'in', [...contents.keys()])
        .groupBy('hash')
        .execute();
      for (const { hash, count } of rows) {
        const content = contents.get(hash ?? '');
        if (content?.versions === count) {
          bytes.set(content.treeId, (bytes.get(content.treeId) ?? 0) + content.size);
        }
      }
    });
    return bytes;
  }
}

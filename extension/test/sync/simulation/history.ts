import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '../../../../server/src/contract/schemas';
import type { Client } from '../../../src/io/api/client';
import type { Content, Standing } from './contents';

/** What the server has of a tree: the head, and all that any revision put there. */
export class History {
  readonly #client: Client;
  readonly #tree: string;
  readonly #contents = new Set<Content>();
  #followed = 0;

  constructor(client: Client, tree: string) {
    this.#client = client;
    this.#tree = tree;
  }

  /** The contents of all revisions. */
  async contents(): Promise<ReadonlySet<Content>> {
    const { revision } = await this.#client.files(this.#tree, this.#followed);
    while (this.#followed < revision) {
      const { changes } = await this.#client.revision(this.#tree, ++this.#followed);
      for (const { after } of changes) if (after !== null) this.#contents.add(`${after.kind} ${after.hash}`);
    }
    return this.#contents;
  }

  async head(): Promise<{ revision: number; standing: Map<string, Standing> }> {
    const { revision, files } = await this.#client.files(this.#tree, 0);
    const entries = files.filter((file): file is FileEntry => !('deleted' in file));
    const standing = entries.map(({ path, kind, hash, mode }): [string, Standing] => {
      return [path, { content: `${kind} ${hash}`, mode: kind === 'symlink' ? 0o777 : mode }];
    });
    return { revision, standing: new Map(standing.sort(([a], [b]) => (a < b ? -1 : 1))) };
  }

  /** The files of any revision whose object is missing in `dataDir`, or holds something else. */
  async damaged(dataDir: string): Promise<Content[]> {
    const damaged: Content[] = [];
    for (const content of await this.contents()) {
      const [kind, hash = ''] = content.split(' ');
      if (kind !== 'file') continue;
      const object = await readFile(join(dataDir, 'objects', hash.slice(0, 2), hash)).catch(() => undefined);
      const found = object && createHash('sha256').update(object).digest('hex');
      if (found !== hash) damaged.push(content);
    }
    return damaged;
  }
}

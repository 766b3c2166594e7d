import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../../src/core/entry';
import type { Client } from '../../../src/io/api/client';
import { sortFiles, type Content, type Files, type FileState } from './files';

/** A tree on the server: its head, and the contents of all its revisions. */
export class History {
  readonly #client: Client;
  readonly #tree: string;
  readonly #contents = new Set<Content>();
  #lastRead = 0;

  constructor(client: Client, tree: string) {
    this.#client = client;
    this.#tree = tree;
  }

  /** Returns the contents of all revisions. */
  async contents(): Promise<ReadonlySet<Content>> {
    const { revision } = await this.#client.files(this.#tree, this.#lastRead);
    while (this.#lastRead < revision) {
      const { changes } = await this.#client.revision(this.#tree, ++this.#lastRead);
      for (const { after } of changes) if (after !== null) this.#contents.add(`${after.kind} ${after.hash}`);
    }
    return this.#contents;
  }

  async head(): Promise<{ revision: number; files: Files }> {
    const { revision, files } = await this.#client.files(this.#tree, 0);
    const entries = files.filter((file): file is Entry => !('deleted' in file));
    const states = entries.map(({ path, kind, hash, mode }): [string, FileState] => {
      return [path, { content: `${kind} ${hash}`, mode: kind === 'symlink' ? 0o777 : mode }];
    });
    return { revision, files: sortFiles(states) };
  }

  /** Returns the contents whose object in `dataDir` is missing or does not have that hash. */
  async damagedContents(dataDir: string): Promise<Content[]> {
    const damaged: Content[] = [];
    for (const content of await this.contents()) {
      const [kind, hash = ''] = content.split(' ');
      if (kind !== 'file') continue;
      const object = await readFile(join(dataDir, 'objects', hash.slice(0, 2), hash)).catch(() => undefined);
      const actual = object && createHash('sha256').update(object).digest('hex');
      if (actual !== hash) damaged.push(content);
    }
    return damaged;
  }
}

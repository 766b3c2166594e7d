import { createHash } from 'node:crypto';
import { realFs } from '../disk/realFs';
import type { ModelServer } from './modelServer';

/** The hashes of a revision's files and symlinks, by path. */
export type Table = ReadonlyMap<string, string>;

export interface Revision {
  readonly number: number;
  readonly isForced: boolean;
  readonly before: Table;
  readonly after: Table;
}

/** All revisions as the database has them, read as they appear. */
export class Revisions {
  readonly #server: ModelServer;
  readonly #tables: Table[] = [new Map()];
  /** The hash of each content and target that any revision had. */
  readonly hashes = new Set<string>();

  constructor(server: ModelServer) {
    this.#server = server;
  }

  get head(): number {
    return this.#tables.length - 1;
  }

  get headTable(): Table {
    return this.#tables.at(-1) ?? new Map();
  }

  /** Reads the revisions that are new. */
  async readNew(): Promise<Revision[]> {
    await this.#server.restartAfterCrash();
    const rows = await this.#server.running.database
      .selectFrom('revisions')
      .select(['number', 'forced'])
      .where('number', '>', this.head)
      .orderBy('number')
      .execute();
    const found: Revision[] = [];
    for (const { number, forced } of rows) {
      const before = this.headTable;
      const after = await this.#tableAfter(before, number);
      this.#tables.push(after);
      found.push({ number, isForced: forced === 1, before, after });
    }
    return found;
  }

  /** Throws if a revision is not what it was, or a content of any revision cannot be read. */
  async checkUnchanged(): Promise<void> {
    let table: Table = new Map();
    for (const [number, known] of this.#tables.entries()) {
      if (number > 0) table = await this.#tableAfter(table, number);
      if (formatTable(table) !== formatTable(known)) throw new Error(`revision ${number} has changed`);
    }
    for (const { hash } of await this.#contents()) this.#checkObject(hash ?? '');
  }

  /** Throws if the server keeps an object that no revision needs, or a session. */
  async checkNothingLeft(): Promise<void> {
    const needed = new Set((await this.#contents()).map(({ hash }) => hash));
    const folder = `${this.#server.folder}/data`;
    const objects = realFs.readdirSync(`${folder}/objects`).flatMap((shard) => {
      return realFs.readdirSync(`${folder}/objects/${shard}`);
    });
    const litter = objects.filter((hash) => !needed.has(hash));
    if (litter.length > 0) throw new Error(`objects without a revision: ${litter.join()}`);
    const sessions = realFs.readdirSync(`${folder}/sessions`);
    if (sessions.length > 0) throw new Error(`sessions that are left: ${sessions.join()}`);
  }

  #checkObject(hash: string): void {
    const file = `${this.#server.folder}/data/objects/${hash.slice(0, 2)}/${hash}`;
    const content = realFs.existsSync(file) ? realFs.readFileSync(file) : undefined;
    if (content === undefined) throw new Error(`the content ${hash} is lost`);
    if (hashOf(content) !== hash) throw new Error(`the content ${hash} is damaged`);
  }

  #contents() {
    const { database } = this.#server.running;
    return database.selectFrom('versions').select('hash').distinct().where('kind', '=', 'file').execute();
  }

  async #tableAfter(before: Table, number: number): Promise<Table> {
    const rows = await this.#server.running.database
      .selectFrom('versions')
      .select(['path', 'hash'])
      .where('revision', '=', number)
      .execute();
    const after = new Map(before);
    for (const { path, hash } of rows) {
      if (hash === null) after.delete(path);
      else after.set(path, hash);
      if (hash !== null) this.hashes.add(hash);
    }
    return after;
  }
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function formatTable(table: Table): string {
  return [...table]
    .map(([path, hash]) => `${path} ${hash}`)
    .sort()
    .join('\n');
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { databaseFileName, type Database } from './openDatabase';

/**
 * Watches the files of an open database. If somebody deletes or replaces one of them, the server goes on in a file without
 * a name, and all that it writes would be lost when it ends.
 */
export class DatabaseFile {
  /** Resolves when a file is found to be gone or replaced. */
  readonly lost: Promise<void>;
  readonly #dataFolder: string;
  readonly #files: readonly string[];
  readonly #identities = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  readonly #lost = Promise.withResolvers<void>();
  #isLost = false;

  /** The database is open. It is checked every `checkMs` milliseconds. */
  constructor(dataFolder: string, checkMs: number) {
    this.#dataFolder = dataFolder;
    const file = join(dataFolder, databaseFileName);
    // SQLite keeps the second file as long as a connection is open.
    this.#files = [file, `${file}-wal`];
    this.lost = this.#lost.promise;
    // An error of the disk proves nothing, and the next statement meets it too.
    this.#timer = setInterval(() => void this.check().catch(() => undefined), checkMs);
    this.#timer.unref();
  }

  /** Returns whether a file is gone or was replaced. */
  async check(): Promise<boolean> {
    for (const file of this.#files) {
      const identity = await identityOf(file);
      const known = this.#identities.get(file);
      if (known === undefined && identity !== undefined) this.#identities.set(file, identity);
      this.#isLost ||= known !== undefined && identity !== known;
    }
    if (this.#isLost) this.#lost.resolve();
    return this.#isLost;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Writes the open database to a new file, and returns the file's path. */
  async save(database: Database, now: Date): Promise<string> {
    const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const file = join(this.#dataFolder, `palmtree-saved-${time}.sqlite`);
    await sql`vacuum into ${file}`.execute(database);
    return file;
  }
}

/** Undefined if the file does not exist. */
async function identityOf(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file, { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

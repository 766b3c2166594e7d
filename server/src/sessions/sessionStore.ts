import { mkdirSync, statSync } from 'node:fs';
import { chmod, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WireError, pathsError } from '../errors';
import { inSlices } from '../concurrency/inSlices';
import type { PendingPush, Session, SessionKind } from './session';
import { readPush, writePush } from './pushRecord';
import { removeFolder } from './removeFolder';
import { rsyncConfig, rsyncUser } from '../rsync/rsyncConfig';

const idPattern = /^[0-9a-f]{32}$/;
/** PATH_MAX, less its NUL, and what rsync adds to the name of its temporary file. */
const longestFile = 4095 - 8;

export interface Owner {
  readonly treeId: number;
  readonly tokenId: number;
}

export interface InitialFile {
  readonly path: string;
  /** Makes the file, where one shall stand before rsync comes. */
  readonly place?: (file: string) => void;
}

export interface NewSession extends Owner {
  readonly id: string;
  readonly kind: SessionKind;
  readonly password: string;
  readonly files: readonly InitialFile[];
  readonly push?: PendingPush;
}

/** The sessions' directories. A directory without session.json is not a session: that file is written last. */
export class SessionStore {
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #removals = new Set<Promise<void>>();

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  folderOf(id: string): string {
    return join(this.#folder, id);
  }

  filesFolderOf(id: string): string {
    return join(this.#folder, id, 'files');
  }

  configFileOf(id: string): string {
    return join(this.#folder, id, 'rsyncd.conf');
  }

  logFileOf(id: string): string {
    return join(this.#folder, id, 'rsync.log');
  }

  /** Refuses paths that the contract allows but that this server's file system cannot hold below a session. */
  checkPathLength(paths: readonly string[]): void {
    const room = longestFile - Buffer.byteLength(join(this.filesFolderOf('0'.repeat(32)), '/'));
    const tooLong = paths.filter((path) => path.length * 3 > room && Buffer.byteLength(path) > room);
    if (tooLong.length > 0) {
      throw pathsError('invalid_path', tooLong, `is longer than ${room} bytes, the most that this server can hold`);
    }
  }

  async create({ id, kind, treeId, tokenId, password, files, push }: NewSession): Promise<void> {
    const folder = this.folderOf(id);
    const session: Session = { id, kind, treeId, tokenId, createdAt: this.#now().toISOString() };
    const secretsFile = join(folder, 'rsync.secrets');
    const config = rsyncConfig({
      module: id,
      access: kind === 'push' ? 'write' : 'read',
      filesFolder: this.filesFolderOf(id),
      secretsFile,
      lockFile: join(folder, 'rsync.lock'),
      logFile: this.logFileOf(id),
      uid: process.getuid?.(),
    });
    mkdirSync(folder, { mode: 0o700 });
    try {
      await this.#placeFiles(this.filesFolderOf(id), files);
      await writeFile(secretsFile, `${rsyncUser}:${password}\n`, { mode: 0o600 });
      await writeFile(this.configFileOf(id), config, { mode: 0o600 });
      if (push !== undefined) await writePush(join(folder, 'push.lines'), push);
      await writeFile(join(folder, 'session.json.new'), JSON.stringify(session));
      await rename(join(folder, 'session.json.new'), join(folder, 'session.json'));
    } catch (error) {
      await removeFolder(folder);
      throw error;
    }
  }

  async #placeFiles(root: string, files: readonly InitialFile[]): Promise<void> {
    mkdirSync(root);
    const made = new Set([root]);
    const make = (folder: string): void => {
      if (made.has(folder)) return;
      // It may stand under another spelling, where the disk does not tell the two apart.
      mkdirSync(folder, { recursive: true });
      made.add(folder);
    };
    await inSlices(files, ({ path, place }) => {
      const file = `${root}/${path}`;
      make(folderOf(file));
      place?.(file);
    });
    await chmod(root, 0o755);
  }

  /** Someone else's session is as unknown as one that never was. */
  async find(id: string, owner: Owner, kind?: SessionKind): Promise<Session> {
    const session = await this.#read(id);
    const fits =
      session?.treeId === owner.treeId &&
      session.tokenId === owner.tokenId &&
      (kind === undefined || session.kind === kind);
    if (!fits) throw unknownSession();
    return session;
  }

  /** Throws session_not_found for one of a server of before, which kept its record elsewhere. */
  async pendingPush(id: string): Promise<PendingPush> {
    const push = await readPush(join(this.folderOf(id), 'push.lines'));
    if (push === undefined) throw unknownSession();
    return push;
  }

  async remove(id: string): Promise<void> {
    await removeFolder(this.folderOf(id));
  }

  /** The session is gone at once; what its directory holds is removed after the answer. */
  async removeSoon(id: string): Promise<void> {
    const folder = this.folderOf(id);
    const doomed = `${folder}.removed`;
    await rename(folder, doomed);
    // What is left of it, after a kill or an error, is swept at the next start.
    const removal = removeFolder(doomed).catch(() => undefined);
    this.#removals.add(removal);
    void removal.then(() => this.#removals.delete(removal));
  }

  /** When what was to be removed soon is. */
  async removalsDone(): Promise<void> {
    await Promise.all(this.#removals);
  }

  /** All directories, with the time they were made; undefined for what a kill left half made. */
  async list(): Promise<{ id: string; createdAt: Date | undefined }[]> {
    const ids = await readdir(this.#folder);
    return Promise.all(
      ids.map(async (id) => {
        const session = await this.#read(id);
        return { id, createdAt: session === undefined ? undefined : new Date(session.createdAt) };
      }),
    );
  }

  async #read(id: string): Promise<Session | undefined> {
    if (!idPattern.test(id)) return undefined;
    const file = join(this.folderOf(id), 'session.json');
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Session;
    } catch (error) {
      // Power loss may leave it empty; a session may be removed while it is read.
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function unknownSession(): WireError {
  return new WireError('session_not_found', 'there is no such session, or it has ended');
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}

import { mkdirSync, statSync } from 'node:fs';
import { chmod, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inSlices } from '../concurrency/inSlices';
import { maxSessions } from '../contract/limits';
import { parentOf } from '../contract/paths';
import { sessionId } from '../contract/schemas';
import { WireError, pathsError } from '../errors';
import { rsyncConfig, rsyncUser } from '../rsync/rsyncConfig';
import { readPush, writePush } from './pushRecord';
import { removeFolder } from './removeFolder';
import type { PushRecord, Session, SessionKind } from './session';

/** PATH_MAX without its NUL, less the characters that rsync adds to the name of its temporary file. */
const maxFilePathBytes = 4095 - 8;

export interface Owner {
  readonly treeId: number;
  readonly tokenId: number;
}

export interface InitialFile {
  readonly path: string;
  /** Creates the file before rsync starts, or returns false. Without it, only the file's folder is created. */
  readonly create?: (file: string) => boolean;
  /** Called after all others when `create` has returned false. Without it, the file is left out. */
  readonly createSlowly?: (file: string) => Promise<void>;
}

export interface NewSession extends Owner {
  readonly id: string;
  readonly kind: SessionKind;
  readonly password: string;
  readonly files: readonly InitialFile[];
  readonly push?: PushRecord;
}

/** The content that sessions have brought in, besides their folders. */
export interface UploadedContent {
  /** Removes what the session has brought in and nothing else uses. */
  discard(id: string): Promise<void>;
}

/** The sessions' folders. A folder without session.json is not a session, because that file is written last. */
export class SessionStore {
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #removing = new Map<string, Promise<void>>();
  /** The owner of each session that this process has created or listed, by the session's id. */
  readonly #owners = new Map<string, Owner>();
  /** The owner of each session that is being created, by the session's id. */
  readonly #creating = new Map<string, Owner>();
  #onRemoved: (id: string) => void = () => undefined;

  constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Calls `listener` when a session ends. */
  onRemoved(listener: (id: string) => void): void {
    this.#onRemoved = listener;
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

  /** Throws invalid_path for paths that are too long below a session's folder, although the contract allows them. */
  checkPathLength(paths: readonly string[]): void {
    const maxBytes = maxFilePathBytes - Buffer.byteLength(join(this.filesFolderOf('0'.repeat(32)), '/'));
    const tooLong = paths.filter((path) => path.length * 3 > maxBytes && Buffer.byteLength(path) > maxBytes);
    if (tooLong.length > 0) {
      throw pathsError('invalid_path', tooLong, `is longer than ${maxBytes} bytes, the limit of this server`);
    }
  }

  /** Throws too_many_sessions. */
  async create(request: NewSession): Promise<void> {
    const { id, treeId, tokenId } = request;
    const owner = { treeId, tokenId };
    this.#requireRoom(tokenId);
    this.#creating.set(id, owner);
    try {
      await this.#create(request);
      this.#owners.set(id, owner);
    } finally {
      this.#creating.delete(id);
    }
  }

  async #create({ id, kind, treeId, tokenId, password, files, push }: NewSession): Promise<void> {
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
      await this.#createFiles(this.filesFolderOf(id), files);
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

  /** The number of the token's sessions, also of those that are being created. */
  countOf(tokenId: number): number {
    let open = 0;
    for (const owners of [this.#owners, this.#creating]) {
      for (const owner of owners.values()) if (owner.tokenId === tokenId) open++;
    }
    return open;
  }

  #requireRoom(tokenId: number): void {
    const open = this.countOf(tokenId);
    if (open < maxSessions) return;
    throw new WireError('too_many_sessions', `the token has ${open} open pushes and pulls`);
  }

  async #createFiles(root: string, files: readonly InitialFile[]): Promise<void> {
    mkdirSync(root);
    const created = new Set([root]);
    const createFolder = (folder: string): void => {
      if (created.has(folder)) return;
      // On a case-insensitive disk, it may already exist in another spelling.
      mkdirSync(folder, { recursive: true });
      created.add(folder);
    };
    const slow: (() => Promise<void>)[] = [];
    await inSlices(files, ({ path, create, createSlowly }) => {
      const file = `${root}/${path}`;
      createFolder(parentOf(file));
      if (create?.(file) === false && createSlowly !== undefined) slow.push(() => createSlowly(file));
    });
    for (const createSlowly of slow) await createSlowly();
    await chmod(root, 0o755);
  }

  /** Throws session_not_found, even for another token's session. */
  async find(id: string, owner: Owner, kind?: SessionKind): Promise<Session> {
    const session = await this.#read(id);
    const isMatch =
      session?.treeId === owner.treeId &&
      session.tokenId === owner.tokenId &&
      (kind === undefined || session.kind === kind);
    if (!isMatch) throw unknownSession();
    return session;
  }

  /** The size of a push's record in bytes; 0 if there is none. */
  recordBytes(id: string): number {
    if (!sessionId.safeParse(id).success) return 0;
    return statSync(join(this.folderOf(id), 'push.lines'), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Throws session_not_found for a session of an earlier server, which kept its record in another file. */
  async pushRecord(id: string): Promise<PushRecord> {
    const push = await readPush(join(this.folderOf(id), 'push.lines'));
    if (push === undefined) throw unknownSession();
    return push;
  }

  /** The sessions of these tokens, among those that this process has created or listed. */
  ownedBy(tokenIds: ReadonlySet<number>): string[] {
    return [...this.#owners].flatMap(([id, { tokenId }]) => (tokenIds.has(tokenId) ? [id] : []));
  }

  /** The same of a tree. */
  ofTree(treeId: number): string[] {
    return [...this.#owners].flatMap(([id, owner]) => (owner.treeId === treeId ? [id] : []));
  }

  /** Leaves the session out of `ownedBy`, until it is listed again. */
  disown(id: string): void {
    this.#owners.delete(id);
  }

  async remove(id: string): Promise<void> {
    await removeFolder(this.folderOf(id));
    this.#hasEnded(id);
  }

  /** Ends the session now and removes its folder in the background. */
  async removeSoon(id: string): Promise<void> {
    const folder = this.folderOf(id);
    const removed = `${folder}.removed`;
    await rename(folder, removed);
    this.#hasEnded(id);
    // After a kill or an error, the next start removes the rest.
    const removal = removeFolder(removed).catch(() => undefined);
    this.#removing.set(id, removal);
    void removal.then(() => this.#removing.delete(id));
  }

  #hasEnded(id: string): void {
    this.disown(id);
    this.#onRemoved(id);
  }

  /** Resolves when all removals in the background have ended. */
  async removalsDone(): Promise<void> {
    await Promise.all(this.#removing.values());
  }

  /** All folders with their session's kind and begin; both are undefined for a folder that a kill left incomplete. */
  async list(): Promise<{ id: string; kind: SessionKind | undefined; createdAt: Date | undefined }[]> {
    const ids = await readdir(this.#folder);
    return Promise.all(
      ids.map(async (id) => {
        const session = await this.#read(id);
        if (session !== undefined) this.#owners.set(id, { treeId: session.treeId, tokenId: session.tokenId });
        return { id, kind: session?.kind, createdAt: session && new Date(session.createdAt) };
      }),
    );
  }

  /**
   * The folders of removals that failed, and of sessions that could not be created, if they have not changed since `before`.
   * Creating and removing a session change its folder all the time.
   */
  async leftovers(before: Date): Promise<string[]> {
    const names = await readdir(this.#folder);
    const left: string[] = [];
    for (const name of names) {
      const id = name.replace(/\.removed$/, '');
      if (this.#creating.has(id) || this.#removing.has(id) || (await this.#read(name)) !== undefined) continue;
      const stats = statSync(this.folderOf(name), { throwIfNoEntry: false });
      if (stats !== undefined && stats.mtime < before) left.push(this.folderOf(name));
    }
    return left;
  }

  async #read(id: string): Promise<Session | undefined> {
    if (!sessionId.safeParse(id).success) return undefined;
    const file = join(this.folderOf(id), 'session.json');
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Session;
    } catch (error) {
      // Power loss may leave the file empty, and a session may be removed while it is read.
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function unknownSession(): WireError {
  return new WireError('session_not_found', 'the session does not exist or has ended');
}

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { parsedJson } from '../../core/parsedJson';
import { replaceFile } from '../fs/durable';
import { exists, readText } from '../fs/files';
import { createFolder, listNames } from '../fs/folders';
import { sha256 } from '../fs/sha256';
import { isReliable, isReplaced, isSameFolder, knownFolderAt, type KnownFolder } from './folderIdentity';
import { LockedFile } from './lockedFile';
import { storeFileName } from './store';

const entrySchema = z.object({
  /** The real path of the workspace folder; empty if another folder is there now. */
  path: z.string(),
  dev: z.string(),
  ino: z.string(),
  birth: z.string(),
  /** The storage of the workspace folder. */
  storage: z.string(),
  /** The server and tree in the settings of the folder, if it had any. */
  boundTo: z.string().optional(),
});
const registrySchema = z.object({ version: z.literal(1), folders: z.array(entrySchema) });

type RegisteredFolder = z.infer<typeof entrySchema>;

/** The file in each storage that says which folder it belongs to. A lost registry is rebuilt from these files. */
const ownerFileName = 'folder.json';

export interface FolderRequest {
  /** The workspace folder, as the window names it. */
  readonly root: string;
  /** The URI of the workspace folder: releases without a registry named its storage after that. */
  readonly uri: string;
  /** The storage that VS Code gives to this window. */
  readonly windowStorage: string;
  /** The storage of all windows. */
  readonly globalStorage: string;
  /** The server and tree in the folder's settings. */
  readonly boundTo?: string | undefined;
  /** Asks whether the folder is the one that was at another path. */
  readonly isMovedFrom?: (path: string) => Promise<boolean>;
}

export interface FoundStorage {
  readonly storage: string;
  /** Storages of the same folder that single windows used; their states have to be merged into this one. */
  readonly others: readonly string[];
  /** The storage of the folder that was at this path before: only its rules are valid for the present one. */
  readonly replaced: string | undefined;
  /** The storage had been deleted, and this one is new. */
  readonly isLost: boolean;
}

interface Decision extends FoundStorage {
  readonly kind: 'found';
}

interface Question {
  readonly kind: 'question';
  readonly path: string;
  readonly storage: string;
}

/**
 * Finds the storage of a workspace folder. Invariant: all windows use the storage in which the folder was first opened,
 * whatever storage VS Code gives them.
 */
export async function findStorage(request: FolderRequest): Promise<FoundStorage> {
  const file = registryFile(request.globalStorage);
  // The user's answers, by storage. No other window has to wait for them.
  const answers = new Map<string, boolean>();
  for (;;) {
    let decision: Decision | Question | undefined;
    await file.update(async (registry) => {
      const folders = registry?.folders ?? (await rebuiltRegistry(request.windowStorage));
      const decided = await new Search(request, folders, answers).decide();
      decision = decided;
      return decided.kind === 'found' ? { version: 1, folders } : undefined;
    });
    if (decision?.kind === 'found') return decision;
    if (decision === undefined) throw new Error('the registry was not read');
    answers.set(decision.storage, (await request.isMovedFrom?.(decision.path)) ?? false);
  }
}

/** The nearest folder at or above `path` that is registered, as its path is now; undefined if there is none. */
export async function registeredFolderAbove(
  path: string,
  { globalStorage, windowStorage }: Pick<FolderRequest, 'globalStorage' | 'windowStorage'>,
): Promise<string | undefined> {
  const folders = (await registryFile(globalStorage).read())?.folders ?? (await rebuiltRegistry(windowStorage));
  for (let folder = path; ; folder = dirname(folder)) {
    const now = await knownFolderAt(folder);
    if (now !== undefined && folders.some((known) => isRegisteredAs(known, now))) return now.path;
    if (dirname(folder) === folder) return undefined;
  }
}

function isRegisteredAs(known: RegisteredFolder, now: KnownFolder): boolean {
  return known.path === now.path || (isReliable(now) && isSameFolder(known, now));
}

function registryFile(globalStorage: string): LockedFile<z.infer<typeof registrySchema>> {
  return new LockedFile({
    path: join(globalStorage, 'folders.json'),
    parse: (value) => registrySchema.safeParse(value).data,
  });
}

/** One search in the registry, under its lock. It changes `folders`. */
class Search {
  readonly #request: FolderRequest;
  readonly #folders: RegisteredFolder[];
  readonly #answers: ReadonlyMap<string, boolean>;

  constructor(request: FolderRequest, folders: RegisteredFolder[], answers: ReadonlyMap<string, boolean>) {
    this.#request = request;
    this.#folders = folders;
    this.#answers = answers;
  }

  async decide(): Promise<Decision | Question> {
    const now = await knownFolderAt(this.#request.root);
    // The folder is missing, and nothing is synced until it is back.
    if (now === undefined) return this.#missing();
    const atPath = this.#folders.find(({ path }) => path === now.path);
    if (atPath !== undefined && isSameFolder(atPath, now)) return await this.#use(atPath, now);
    const moved = await this.#movedTo(now);
    if (moved?.kind === 'question') return moved;
    if (moved !== undefined) {
      if (moved.isMoved && atPath !== undefined) atPath.path = '';
      return await this.#use(moved.entry, moved.isMoved ? now : undefined);
    }
    if (atPath === undefined) return await this.#register(now, undefined);
    if (!isReplaced(atPath, now)) return await this.#use(atPath, now);
    atPath.path = '';
    return await this.#register(now, atPath.storage);
  }

  #missing(): Decision {
    const { root, windowStorage } = this.#request;
    const known = this.#folders.find(({ path }) => path === root);
    const storage = known?.storage ?? join(windowStorage, storageKey(this.#request.uri));
    return { kind: 'found', storage, others: [], replaced: undefined, isLost: false };
  }

  /** Finds the folder `now` among those that were registered at other paths. */
  async #movedTo(
    now: KnownFolder,
  ): Promise<{ kind: 'moved'; entry: RegisteredFolder; isMoved: boolean } | Question | undefined> {
    const { boundTo } = this.#request;
    for (const entry of this.#folders) {
      if (entry.path === now.path) continue;
      const atOldPath = entry.path === '' ? undefined : await knownFolderAt(entry.path);
      const isSame = isSameFolder(entry, now);
      if (atOldPath !== undefined && isSameFolder(entry, atOldPath)) {
        // One folder with two paths, such as a bind mount. A copy of a whole disk has another device.
        if (isSame && atOldPath.dev === now.dev) return { kind: 'moved', entry, isMoved: false };
        continue;
      }
      if (isSame && isReliable(now)) return { kind: 'moved', entry, isMoved: true };
      const isLikely = isSame || (boundTo !== undefined && entry.boundTo === boundTo && atOldPath === undefined);
      if (!isLikely || entry.path === '' || !exists(entry.storage)) continue;
      const answer = this.#answers.get(entry.storage);
      if (answer === undefined) return { kind: 'question', path: entry.path, storage: entry.storage };
      if (answer) return { kind: 'moved', entry, isMoved: true };
    }
    return undefined;
  }

  /** Uses a registered folder, whose identity is `now` if that changed. */
  async #use(entry: RegisteredFolder, now: KnownFolder | undefined): Promise<Decision> {
    Object.assign(entry, now);
    if (this.#request.boundTo !== undefined) entry.boundTo = this.#request.boundTo;
    const isLost = !exists(entry.storage);
    const others = await this.#storagesByUri();
    if (isLost) entry.storage = others.shift() ?? this.#newStorage();
    return await this.#found(entry, { others, replaced: undefined, isLost });
  }

  async #register(now: KnownFolder, replaced: string | undefined): Promise<Decision> {
    // The storages of single windows belong to the folder that was at this path before.
    const others = replaced === undefined ? await this.#storagesByUri() : [];
    const { boundTo } = this.#request;
    const storage = others.shift() ?? this.#newStorage();
    const entry = { ...now, storage, ...(boundTo === undefined ? {} : { boundTo }) };
    this.#folders.push(entry);
    return await this.#found(entry, { others, replaced, isLost: false });
  }

  async #found(entry: RegisteredFolder, rest: Omit<FoundStorage, 'storage'>): Promise<Decision> {
    const { storage } = entry;
    await createFolder(storage);
    const owner = JSON.stringify(entry);
    if ((await readText(join(storage, ownerFileName))) !== owner)
      await replaceFile(join(storage, ownerFileName), [owner]);
    return { kind: 'found', storage, ...rest };
  }

  /** The storages that are not registered and that windows used for the folder's URI, the oldest first. */
  async #storagesByUri(): Promise<string[]> {
    const registered = new Set(this.#folders.map(({ storage }) => storage));
    const found: { readonly storage: string; readonly birth: number }[] = [];
    for (const parent of await windowStorages(this.#request.windowStorage)) {
      const storage = join(parent, storageKey(this.#request.uri));
      if (registered.has(storage) || !exists(join(storage, storeFileName))) continue;
      // The database is replaced at each save; its folder is as old as its first use.
      const { birthtimeMs, mtimeMs } = await stat(storage);
      found.push({ storage, birth: birthtimeMs || mtimeMs });
    }
    return found.sort((a, b) => a.birth - b.birth).map(({ storage }) => storage);
  }

  #newStorage(): string {
    const { windowStorage, uri } = this.#request;
    const registered = new Set(this.#folders.map(({ storage }) => storage));
    const first = join(windowStorage, storageKey(uri));
    for (let number = 1; ; number++) {
      const storage = number === 1 ? first : `${first}-${number}`;
      if (!registered.has(storage) && !exists(join(storage, storeFileName))) return storage;
    }
  }
}

function storageKey(uri: string): string {
  return sha256(uri).slice(0, 16);
}

/** The storages of this extension in all windows: VS Code keeps them in one folder, each below its window's id. */
async function windowStorages(windowStorage: string): Promise<string[]> {
  const all = dirname(dirname(windowStorage));
  const ids = await listNames(all);
  return ids.map((id) => join(all, id, basename(windowStorage)));
}

async function rebuiltRegistry(windowStorage: string): Promise<RegisteredFolder[]> {
  const folders: RegisteredFolder[] = [];
  for (const parent of await windowStorages(windowStorage)) {
    for (const name of await listNames(parent)) {
      const text = await readText(join(parent, name, ownerFileName)).catch(() => undefined);
      const owner = text === undefined ? undefined : entrySchema.safeParse(parsedJson(text)).data;
      // The storages may have been moved as a whole.
      if (owner !== undefined) folders.push({ ...owner, storage: join(parent, name) });
    }
  }
  return folders;
}

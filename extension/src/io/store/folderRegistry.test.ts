import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../fs/sha256';
import { findStorage, type FolderRequest, type FoundStorage } from './folderRegistry';

let base: string;
let globalStorage: string;
let lastBirth = 0;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-registry-'));
  globalStorage = join(base, 'globalStorage/palmtree');
});

afterEach(() => rm(base, { recursive: true, force: true }));

describe('the storage of a folder', () => {
  it('is that of the window that opened it first', async () => {
    const root = folder('notes');
    const first = await find(root, 'w1');
    expect(first.storage).toBe(storageOf(root, 'w1'));
    for (const window of ['w2', 'w1-1', 'w1']) expect(await find(root, window)).toEqual(first);
  });

  it('is the same for windows that open the folder at the same moment', async () => {
    const root = folder('notes');
    const found = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((window) => find(root, window)));
    expect(new Set(found.map(({ storage }) => storage)).size).toBe(1);
  });

  it('is another one for another folder in the same window', async () => {
    const [one, other] = [await find(folder('one'), 'w'), await find(folder('other'), 'w')];
    expect(one.storage).not.toBe(other.storage);
  });

  it('is the same through a symlink', async () => {
    const root = folder('notes');
    symlinkSync(root, join(base, 'link'));
    const first = await find(root, 'w1');
    expect((await find(join(base, 'link'), 'w2')).storage).toBe(first.storage);
  });

  it('follows the folder to another path', async () => {
    const first = await find(folder('notes'), 'w1');
    renameSync(join(base, 'notes'), join(base, 'moved'));
    expect((await find(join(base, 'moved'), 'w2')).storage).toBe(first.storage);
    // A new folder at the former path is another one.
    const fresh = await find(folder('notes'), 'w1');
    expect(fresh).toMatchObject({ replaced: undefined, others: [] });
    expect(fresh.storage).not.toBe(first.storage);
  });

  it('follows two folders that were exchanged', async () => {
    const one = await find(folder('one'), 'w');
    const other = await find(folder('other'), 'w');
    renameSync(join(base, 'one'), join(base, 'x'));
    renameSync(join(base, 'other'), join(base, 'one'));
    renameSync(join(base, 'x'), join(base, 'other'));
    expect((await find(join(base, 'other'), 'w')).storage).toBe(one.storage);
    expect((await find(join(base, 'one'), 'w')).storage).toBe(other.storage);
    expect((await find(join(base, 'other'), 'w')).storage).toBe(one.storage);
  });

  it('is new, with the former one named, if another folder is at the path', async () => {
    const root = folder('notes');
    const first = await find(root, 'w');
    renameSync(root, join(base, 'kept'));
    const second = await find(folder('notes'), 'w');
    expect(second).toMatchObject({ replaced: first.storage, isLost: false });
    expect(second.storage).not.toBe(first.storage);
    expect(await find(root, 'w2')).toMatchObject({ storage: second.storage, replaced: undefined });
    expect((await find(join(base, 'kept'), 'w3')).storage).toBe(first.storage);
  });

  it('follows a folder to another disk only if the user says so', async () => {
    const root = folder('notes');
    const first = await find(root, 'w', { boundTo: 'server tree' });
    rmSync(root, { recursive: true });
    const copy = folder('copy');
    const asked: string[] = [];
    const answer = (isMoved: boolean) => (path: string) => {
      asked.push(path);
      return Promise.resolve(isMoved);
    };
    expect((await find(folder('unbound'), 'w', { isMovedFrom: answer(true) })).storage).not.toBe(first.storage);
    const unlike = { boundTo: 'server other', isMovedFrom: answer(true) };
    expect((await find(folder('unlike'), 'w', unlike)).storage).not.toBe(first.storage);
    expect(asked).toEqual([]);
    const refused = await find(folder('refused'), 'w', { boundTo: 'server tree', isMovedFrom: answer(false) });
    expect(refused.storage).not.toBe(first.storage);
    const moved = await find(copy, 'w', { boundTo: 'server tree', isMovedFrom: answer(true) });
    expect(moved.storage).toBe(first.storage);
    expect(asked).toEqual([root, root]);
  });

  it('does not ask about a copy as long as the folder itself exists', async () => {
    const first = await find(folder('notes'), 'w', { boundTo: 'server tree' });
    const isMovedFrom = () => Promise.reject(new Error('asked'));
    const copy = await find(folder('copy'), 'w', { boundTo: 'server tree', isMovedFrom });
    expect(copy.storage).not.toBe(first.storage);
  });

  it('is reported as lost if it was deleted, once', async () => {
    const root = folder('notes');
    const first = await find(root, 'w1');
    rmSync(first.storage, { recursive: true });
    const second = await find(root, 'w2');
    expect(second).toMatchObject({ storage: storageOf(root, 'w2'), isLost: true });
    expect(await find(root, 'w1')).toMatchObject({ storage: second.storage, isLost: false });
  });

  it.each([
    ['deleted', () => rm(globalStorage, { recursive: true })],
    ['damaged', () => writeFile(join(globalStorage, 'folders.json'), '{"version":1,"fol')],
    ['of another form', () => writeFile(join(globalStorage, 'folders.json'), '{"version":1,"folders":[{"path":7}]}')],
  ])('is found again if the registry was %s', async (_, damage) => {
    const root = folder('notes');
    const first = await find(root, 'w1');
    await damage();
    expect((await find(root, 'w2')).storage).toBe(first.storage);
    await damage();
    renameSync(root, join(base, 'moved'));
    expect((await find(join(base, 'moved'), 'w2')).storage).toBe(first.storage);
  });

  it('is the oldest of those that windows used without a registry; the others are to be merged', async () => {
    const root = folder('notes');
    // The second is the oldest.
    for (const window of ['w2', 'w1', 'w3']) database(storageOf(root, window));
    database(storageOf(folder('other'), 'w1'));
    const found = await find(root, 'w3');
    expect(found.storage).toBe(storageOf(root, 'w2'));
    expect(found.others).toEqual([storageOf(root, 'w1'), storageOf(root, 'w3')]);
    // An older release that runs in another window writes its own storage again.
    expect((await find(root, 'w1')).others).toEqual(found.others);
  });

  it('of a missing folder is neither registered nor lost', async () => {
    const root = folder('notes');
    const first = await find(root, 'w1');
    const registry = await readFile(join(globalStorage, 'folders.json'), 'utf8');
    rmSync(root, { recursive: true });
    expect((await find(root, 'w2')).storage).toBe(first.storage);
    await find(join(base, 'never'), 'w2');
    expect(await readFile(join(globalStorage, 'folders.json'), 'utf8')).toBe(registry);
  });
});

function folder(name: string): string {
  const path = join(base, name);
  mkdirSync(path);
  return path;
}

function windowStorage(window: string): string {
  return join(base, 'workspaceStorage', window, 'palmtree');
}

function storageOf(root: string, window: string): string {
  return join(windowStorage(window), sha256(pathToFileURL(root).href).slice(0, 16));
}

/** Creates the storage later than the one before, by the clock of the file system. */
function database(storage: string): void {
  do {
    rmSync(storage, { recursive: true, force: true });
    mkdirSync(storage, { recursive: true });
  } while (statSync(storage).birthtimeMs === lastBirth);
  lastBirth = statSync(storage).birthtimeMs;
  writeFileSync(join(storage, 'palmtree.db'), '');
}

function find(root: string, window: string, options: Partial<FolderRequest> = {}): Promise<FoundStorage> {
  const uri = pathToFileURL(root).href;
  return findStorage({ root, uri, windowStorage: windowStorage(window), globalStorage, ...options });
}

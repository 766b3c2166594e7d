import { fork } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import initSqlJs, { type Database } from 'sql.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import { entry, fieldsOf } from '../../core/testing/fixtures';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import { openStore, type SqlStore } from './store';

const wasm = join(import.meta.dirname, '../../../../node_modules/sql.js/dist/sql-wasm.wasm');

let folder: string;
let bundles: string;
let script: string;

beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'palmtree-store-worker-'));
  script = join(bundles, 'storeWorker.js');
  await build({
    entryPoints: [join(import.meta.dirname, 'storeWorker.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: script,
    logLevel: 'silent',
  });
});

afterAll(() => rm(bundles, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-store-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function open(lockLimitMs = 2_000): Promise<SqlStore> {
  return openStore({
    folder,
    wasm,
    script,
    now: () => new Date('2026-01-02T03:04:05Z'),
    lockLimitMs,
  });
}

function observation(path: string, content: string): Observation {
  const big = 2n ** 63n + 1n;
  return {
    ...entry(path, content),
    mtimeNs: big,
    dev: big,
    ino: big,
    ctimeNs: -1n,
    racy: content === 'racy',
  };
}

function fill(store: SqlStore): void {
  const { state } = store;
  state.binding = { server: 'https://example.org', tree: 't' };
  state.revision = 7;
  state.rules.set('src', { path: 'src', kind: 'folder', effect: 'track' });
  state.rules.set('', { path: '', kind: 'folder', effect: 'untrack' });
  state.ancestor.set('a', entry('a', 'one'));
  state.ancestor.set('l', entry('l', '-> a'));
  state.unappliedRemote.set('b', entry('b', 'two x'));
  state.unappliedRemote.set('gone', null);
  state.observations.set('a', observation('a', 'racy'));
  state.observations.set('new\nline "é" \'', observation('new\nline "é" \'', ''));
}

/** The state of a store with plain objects, which `toEqual` can compare. */
function stateOf({ state }: SqlStore) {
  const rows = (map: ReadonlyMap<string, Entry | null>) =>
    new Map([...map].map(([path, value]) => [path, value && fieldsOf(value)]));
  const { ancestor, unappliedRemote, observations } = state;
  return {
    ...state,
    ancestor: rows(ancestor),
    unappliedRemote: rows(unappliedRemote),
    observations: rows(observations),
  };
}

describe('the store', () => {
  it('reads everything that was saved without loss', async () => {
    const store = await open();
    fill(store);
    store.state.observations.set('big', {
      ...observation('big', 'x'),
      size: 2 ** 53 - 1,
    });
    await store.save();
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(store));
    expect(again.setAside).toBeUndefined();
  });

  it('converts a store of version 0.1', async () => {
    const hash = 'a'.repeat(64);
    await writeVersion1(`
      INSERT INTO rule VALUES ('src', 'folder', 'track'), ('src/own', 'file', 'leave');
      INSERT INTO ancestor VALUES ('src/a', 3, '1700000000123456789', 420, '${hash}', NULL);
      INSERT INTO held_back VALUES ('src/gone', NULL, NULL, NULL, NULL, NULL);
      INSERT INTO observation VALUES ('src/l', 1, '5', 511, '${hash}', 'a', '18446744073709551615 7 -3', 1);
      INSERT INTO meta VALUES ('state', '{"revision":7,"binding":{"server":"https://example.org","tree":"t"}}');
    `);
    const { state, setAside } = await open();
    expect(setAside).toBeUndefined();
    expect(state.binding).toEqual({ server: 'https://example.org', tree: 't' });
    expect(state.rules.get('src')).toEqual({ path: 'src', kind: 'folder', effect: 'track' });
    expect(state.rules.get('src/own')).toEqual({ path: 'src/own', kind: 'file', effect: 'untrack' });
    const entry = { path: 'src/a', kind: 'file', size: 3, mtimeNs: 1_700_000_000_123_456_789n, mode: 0o644, hash };
    expect(stateOf({ state } as SqlStore).ancestor.get('src/a')).toEqual(entry);
    expect([...state.unappliedRemote]).toEqual([['src/gone', null]]);
    expect(state.observations.get('src/l')).toEqual({
      ...{ path: 'src/l', kind: 'symlink', size: 1, mtimeNs: 5n, mode: 0o777, hash, target: 'a' },
      ...{ dev: 2n ** 64n - 1n, ino: 7n, ctimeNs: -3n, racy: true },
    });
  });

  it('keeps the identity and the new path of a rule', async () => {
    const store = await open();
    const identity = { dev: '42', ino: `${2n ** 63n}`, birth: '1700000000123456789', links: 2 };
    const rules: Rule[] = [
      { path: 'known', kind: 'folder', effect: 'track', identity },
      { path: 'renamed', kind: 'file', effect: 'track', renamedTo: 'new' },
      { path: 'both', kind: 'folder', effect: 'untrack', identity, renamedTo: 'n/new' },
    ];
    for (const rule of rules) store.state.rules.set(rule.path, rule);
    await store.save();
    const read = [...(await open()).state.rules.values()];
    expect(
      read.sort(
        (a, b) => rules.findIndex(({ path }) => path === a.path) - rules.findIndex(({ path }) => path === b.path),
      ),
    ).toEqual(rules);
  });

  it('reads a rule that an earlier version wrote as "leave"', async () => {
    const store = await open();
    store.state.rules.set('own', { path: 'own', kind: 'file', effect: 'untrack' });
    await store.save();
    const rule = Buffer.from(JSON.stringify([['own', 'file', 'leave']]));
    await rewrite((sql) => sql.run('UPDATE rule SET entries = ?', [rule]));
    expect((await open()).state.rules.get('own')).toEqual({ path: 'own', kind: 'file', effect: 'untrack' });
  });

  it('saves a converted store as a whole', async () => {
    await writeVersion1(`
      INSERT INTO ancestor VALUES ('a', 3, '5', 420, '${'a'.repeat(64)}', NULL);
      INSERT INTO meta VALUES ('state', '{"revision":7}');
    `);
    const store = await open();
    store.state.rules.set('src', { path: 'src', kind: 'folder', effect: 'track' });
    await store.save();
    const again = await open();
    expect(stateOf(again)).toEqual(stateOf(store));
    expect([...again.state.ancestor.keys()]).toEqual(['a']);
  });

  it('is empty at first, and creates no file before a save', async () => {
    const store = await open();
    expect(store.state.ancestor.size).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('saves edits, deletions and a removed binding', async () => {
    const store = await open();
    fill(store);
    await store.save();
    store.state.binding = undefined;
    store.state.ancestor.delete('a');
    store.state.ancestor.set('l', entry('l', 'file'));
    store.state.unappliedRemote.clear();
    await store.save();
    expect(stateOf(await open())).toEqual(stateOf(store));
  });

  it('writes nothing if nothing changed', async () => {
    const store = await open();
    fill(store);
    await store.save();
    const before = await readFile(join(folder, 'palmtree.db'));
    await rm(join(folder, 'palmtree.db'));
    await store.save();
    expect(await readFile(join(folder, 'palmtree.db'))).toEqual(before);
    await store.save();
    expect(await readdir(folder)).toEqual(['palmtree.db']);
  });

  it('reads the changes of another window into the same maps', async () => {
    const [one, other] = [await open(), await open()];
    const { ancestor } = other.state;
    fill(one);
    await one.save();
    expect(await one.refresh()).toBe(false);
    expect(await other.refresh()).toBe(true);
    expect(stateOf(other)).toEqual(stateOf(one));
    expect(other.state.ancestor).toBe(ancestor);
    expect(await other.refresh()).toBe(false);
  });

  it('never overwrites changes that another window saved after the read', async () => {
    const [one, other] = [await open(), await open()];
    fill(one);
    await one.save();
    other.state.revision = 1;
    await expect(other.save()).rejects.toMatchObject({ code: 'store_failed' });
    expect((await open()).state.revision).toBe(7);
  });

  it.each([
    ['is not a database', () => writeFile(join(folder, 'palmtree.db'), 'hello')],
    ['is empty', () => writeFile(join(folder, 'palmtree.db'), '')],
    ['is truncated', () => truncate(join(folder, 'palmtree.db'), 9_000)],
    ['is another database', () => rewrite((sql) => sql.run('DROP TABLE ancestor'))],
    ['has a damaged row', () => rewrite((sql) => sql.run("UPDATE observation SET entries = x'00'"))],
    ['has no state', () => rewrite((sql) => sql.run('DELETE FROM meta'))],
  ])('sets aside a file that %s, and starts empty', async (_, damage) => {
    const store = await open();
    fill(store);
    await store.save();
    await damage();
    const damaged = await readFile(join(folder, 'palmtree.db'));
    const again = await open();
    expect(again.setAside).toBe(join(folder, 'palmtree.db.damaged-2026-01-02T03-04-05.000Z'));
    expect(await readFile(again.setAside ?? '')).toEqual(damaged);
    expect(stateOf(again)).toEqual(stateOf(await emptyStore()));
    fill(again);
    await again.save();
    expect(stateOf(await open())).toEqual(stateOf(again));
  });

  it('rejects a file of a newer version, and does not change it', async () => {
    const store = await open();
    fill(store);
    await store.save();
    await rewrite((sql) => sql.run('PRAGMA user_version = 3'));
    const before = await readFile(join(folder, 'palmtree.db'));
    await expect(open()).rejects.toMatchObject({ code: 'store_newer' });
    expect(await readdir(folder)).toEqual(['palmtree.db']);
    expect(await readFile(join(folder, 'palmtree.db'))).toEqual(before);
  });

  it('does not change the file if SQLite or the thread cannot be started', async () => {
    const store = await open();
    fill(store);
    await store.save();
    const before = await readFile(join(folder, 'palmtree.db'));
    const noWasm = join(bundles, 'none.wasm');
    await writeFile(noWasm, 'no wasm');
    await expect(openStore({ folder, wasm: noWasm, script })).rejects.toMatchObject({ code: 'store_failed' });
    const noScript = openStore({ folder, wasm, script: join(bundles, 'none.js') });
    await expect(noScript).rejects.toMatchObject({ code: 'store_failed' });
    expect(await readdir(folder)).toEqual(['palmtree.db']);
    expect(await readFile(join(folder, 'palmtree.db'))).toEqual(before);
  });

  it('reports the cause if the folder cannot be created', async () => {
    await writeFile(join(folder, 'file'), '');
    const opened = openStore({ folder: join(folder, 'file', 'sub'), wasm, script });
    await expect(opened).rejects.toMatchObject({
      code: 'store_failed',
      cause: { code: 'ENOTDIR' },
    });
  });

  it('saves a change among 100,000 rows faster than all of them', { timeout: 60_000 }, async () => {
    const store = await open();
    for (let i = 0; i < 100_000; i++) {
      const path = `packages/module${i % 300}/src/file-number-${i}.ts`;
      store.state.observations.set(path, observation(path, 'x'));
    }
    let start = performance.now();
    await store.save();
    const first = performance.now() - start;
    store.state.observations.set('one', observation('one', 'y'));
    start = performance.now();
    await store.save();
    const second = performance.now() - start;
    expect((await open()).state.observations.size).toBe(100_001);
    expect(second).toBeLessThan(first);
  });

  async function writeVersion1(rows: string): Promise<void> {
    const entry = 'path TEXT PRIMARY KEY, size INTEGER, mtime_ns TEXT, mode INTEGER, hash TEXT, target TEXT';
    const sql = new (await initSqlJs()).Database();
    sql.run(`
    CREATE TABLE rule (path TEXT PRIMARY KEY, kind TEXT NOT NULL, effect TEXT NOT NULL);
    CREATE TABLE ancestor (${entry});
    CREATE TABLE held_back (${entry});
    CREATE TABLE observation (${entry}, dev_ino_ctime_ns TEXT, racy INTEGER);
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    PRAGMA user_version = 1;
    ${rows}
  `);
    await writeFile(join(folder, 'palmtree.db'), sql.export());
    sql.close();
  }

  async function rewrite(change: (database: Database) => unknown): Promise<void> {
    const sql = await initSqlJs({ locateFile: () => wasm });
    const database = new sql.Database(await readFile(join(folder, 'palmtree.db')));
    change(database);
    await writeFile(join(folder, 'palmtree.db'), database.export());
    database.close();
  }

  function emptyStore(): Promise<SqlStore> {
    return openStore({ folder: join(folder, 'fresh'), wasm, script });
  }
});

describe('exclusive work', () => {
  it('runs one at a time, in order, in two windows', async () => {
    const [one, other] = [await open(20_000), await open(20_000)];
    let running = 0;
    let maxRunning = 0;
    const work = async (): Promise<void> => {
      maxRunning = Math.max(maxRunning, ++running);
      await readdir(folder);
      running--;
    };
    await Promise.all([one, other, one, other, one].map((store) => store.exclusively(work)));
    expect(maxRunning).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('releases the lock if the work fails', async () => {
    const store = await open();
    const failed = store.exclusively(() => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(await store.exclusively(() => Promise.resolve(1))).toBe(1);
  });

  it('gives up on a live owner with an error that names it', async () => {
    const [one, other] = [await open(), await open(30)];
    await one.exclusively(async () => {
      const blocked = other.exclusively(() => Promise.resolve());
      await expect(blocked).rejects.toMatchObject({
        code: 'store_locked',
        message: expect.stringContaining(`process ${process.pid}`),
      });
    });
  });

  it('takes over the lock of another machine only if it is no longer touched', async () => {
    await writeLock({ pid: 1, host: 'elsewhere.invalid', id: 'x' });
    await expect(open(30)).rejects.toMatchObject({ code: 'store_locked' });
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(join(folder, 'palmtree.lock'), twoDaysAgo, twoDaysAgo);
    await open(30);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('takes over the lock of a dead process whose id was reused', async () => {
    const { hostname } = await import('node:os');
    await writeLock({
      pid: process.pid,
      host: hostname(),
      id: 'x',
      start: '1',
    });
    await open();
    expect(await readdir(folder)).toEqual([]);
  });

  async function writeLock(owner: object): Promise<void> {
    await writeFile(join(folder, 'palmtree.lock'), JSON.stringify(owner));
  }
});

describe('a store whose process is killed', () => {
  /** A program that saves revisions under the lock, and reports each one that is durable. */
  const source = `
    import { openStore } from './store';
    async function main() {
      const store = await openStore({ folder: process.argv[2], wasm: process.argv[3], script: process.argv[4] });
      for (;;) await store.exclusively(async () => {
        await store.refresh();
        store.state.revision++;
        for (let i = 0; i < 300; i++) {
          const path = 'f' + i;
          const entry = { path, kind: 'file', size: store.state.revision, mtimeNs: 1n, mode: 420, hash: 'h' };
          store.state.ancestor.set(path, entry);
        }
        await store.save();
        process.send(store.state.revision);
      });
    }
    main();
  `;

  it('is intact afterwards, and has the last durable revision', { timeout: 60_000 }, async () => {
    const program = join(folder, 'child.cjs');
    await build({
      stdin: {
        contents: source,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      outfile: program,
      logLevel: 'silent',
    });
    const data = join(folder, 'data');
    await mkdir(data);
    let durable = 0;
    for (let kill = 0; kill < 12; kill++) {
      const children = [fork(program, [data, wasm, script]), fork(program, [data, wasm, script])];
      let reports = 0;
      let steps = 0;
      await new Promise<void>((resolve) => {
        for (const child of children) {
          child.on('message', (revision: number) => {
            durable = Math.max(durable, revision);
            reports++;
          });
        }
        // A save creates, writes and renames files. Each kill comes at another of these steps.
        const watcher = watch(data, () => {
          if (reports < 3 + kill || steps++ < kill) return;
          watcher.close();
          resolve();
        });
      });
      for (const child of children) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const store = await openStore({
        folder: data,
        wasm,
        script,
        lockLimitMs: 5_000,
      });
      expect(store.setAside).toBeUndefined();
      expect(store.state.revision).toBeGreaterThanOrEqual(durable);
      expect(new Set([...store.state.ancestor.values()].map(({ size }) => size))).toEqual(
        new Set([store.state.revision]),
      );
      expect(await readdir(data)).toEqual(['palmtree.db']);
    }
  });
});

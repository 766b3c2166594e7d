import { existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiResponse } from '../../test/apiClient';
import { puts, sha256, type Files } from '../../test/changes';
import { fillInbox } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { Change, FileEntry, PushSession } from '../contract/schemas';

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

/** So few that the clients bring in, delete and bring back the same ones. The tree with a long history has only some. */
const contents = Array.from({ length: 12 }, (_, number) => `content ${number}`);
const paths = ['a', 'b', 'c/d', 'c/e'];
const rounds = 30;

/** A random number generator with a seed (mulberry32, by Tommy Ettinger, public domain), so that a failure can be repeated. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

class TestClient {
  readonly #tree: string;
  readonly #random: (below: number) => number;

  constructor(tree: string, seed: number) {
    this.#tree = tree;
    this.#random = randomOf(seed);
  }

  async round(): Promise<void> {
    const action = this.#random(10);
    if (action < 4) return this.#push(false);
    if (action === 4) return this.#push(true);
    if (action === 5) return this.#abandon();
    if (action === 6) return this.#pull();
    return this.#replaceTree();
  }

  async #head(): Promise<number> {
    return (await server.api.table(this.#tree)).body.revision;
  }

  #changes(): { changes: Change[]; files: Files } {
    const files: Record<string, string> = {};
    const changes: Change[] = [];
    for (const path of paths) {
      const kind = this.#random(3);
      if (kind === 0) changes.push({ op: 'delete', path });
      if (kind === 1) files[path] = contents[this.#random(this.#tree === 'shared' ? 3 : contents.length)] ?? '';
    }
    return { changes: [...changes, ...puts(files)], files };
  }

  async #begin(force: boolean): Promise<{ begun: ApiResponse<PushSession>; files: Files }> {
    const { changes, files } = this.#changes();
    const begun = await server.api.beginPush(this.#tree, { base: await this.#head(), changes, force });
    if (begun.status === 201) {
      fillInbox(server, begun.body.id, Object.fromEntries(begun.body.upload.map((path) => [path, files[path] ?? ''])));
    }
    return { begun, files };
  }

  async #push(force: boolean): Promise<void> {
    const { begun } = await this.#begin(force);
    if (begun.status !== 201) return;
    const committed = await server.api.commit(this.#tree, begun.body.id);
    // Others may have pushed, or replaced the tree.
    requireStatus(committed, [200, 404, 409]);
    if (committed.status !== 200) await server.api.end(this.#tree, 'pushes', begun.body.id);
  }

  async #abandon(): Promise<void> {
    const { begun } = await this.#begin(false);
    if (begun.status === 201) await server.api.end(this.#tree, 'pushes', begun.body.id);
  }

  async #pull(): Promise<void> {
    const { body, status } = await server.api.table(this.#tree);
    if (status !== 200) return;
    const wanted = body.files.flatMap((file) => ('deleted' in file ? [] : [file.path]));
    const pulled = await server.api.beginPull(this.#tree, { revision: body.revision, paths: wanted });
    requireStatus(pulled, [201, 404]);
    if (pulled.status === 201) await server.api.end(this.#tree, 'pulls', pulled.body.id);
  }

  /** Only in its own tree, in which nobody else pushes. */
  async #replaceTree(): Promise<void> {
    if (this.#tree === 'shared') return this.#push(false);
    await server.services.treeAdministration.delete(this.#tree);
    await server.api.makeTree(this.#tree);
  }
}

function requireStatus({ status, body }: ApiResponse<unknown>, allowed: readonly number[]): void {
  if (!allowed.includes(status)) throw new Error(`status ${status}: ${JSON.stringify(body)}`);
}

async function expectAllReadable(): Promise<void> {
  const { trees, entries, contents: store } = server.services;
  let read = 0;
  for (const { name, revision } of await trees.list()) {
    const { id } = await trees.find(name);
    for (let number = 1; number <= revision; number++) {
      const found: FileEntry[] = [...(await entries.atRevision(id, number, paths)).values()];
      expect(await store.findDamaged(found)).toEqual(new Set());
      read += found.length;
    }
  }
  expect(read).toBeGreaterThan(20);
}

const seed = Number(process.env['PALMTREE_GC_SEED'] ?? Date.now() % 1_000_000);

test(`gc in a loop beside clients that bring in, delete and bring back the same contents loses nothing (seed ${seed})`, async () => {
  const clients = ['shared', 'shared', 'one', 'two'].map((tree, number) => new TestClient(tree, seed + number));
  for (const tree of ['shared', 'one', 'two']) await server.api.makeTree(tree);
  let isDone = false;
  let removed = 0;
  let waiting: (() => void)[] = [];
  // Each commit waits for a whole gc between storing its contents and its transaction, where the time is short otherwise.
  const { objects, garbage } = server.services;
  const flush = objects.flush.bind(objects);
  objects.flush = async (hashes) => {
    await flush(hashes);
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const collecting = (async () => {
    while (!isDone) {
      const released = waiting;
      waiting = [];
      const signal = new AbortController().signal;
      const request = { dryRun: false, purgeBefore: 'now', workShare: 1, signal, report: () => undefined } as const;
      removed += (await garbage.collect(request)).contents.files;
      for (const release of released) release();
    }
  })();
  await Promise.all(
    clients.map(async (client) => {
      for (let round = 0; round < rounds; round++) await client.round();
    }),
  );
  isDone = true;
  await collecting;
  expect(removed).toBeGreaterThan(0);
  await expectAllReadable();
}, 300_000);

test('the check of this file finds a content that is lost', async () => {
  await server.api.makeTree('shared');
  const client = new TestClient('shared', 1);
  for (let round = 0; round < rounds; round++) await client.round();
  const stored = contents.map((content) => server.services.objects.fileOf(sha256(content))).filter(existsSync);
  rmSync(stored[0] ?? '');
  await expect(expectAllReadable()).rejects.toThrow('expected Set');
});

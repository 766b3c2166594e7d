import { createHash } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { ndjsonBlocks, ndjsonType } from '../../server/src/contract/ndjson.ts';
import { median, type Variant, type Figures, type Benchmark } from './measure.mts';
import type { Testbed } from './testbed.mts';

interface Api {
  readonly url: string;
  readonly token: string;
}

/** Pushes without content, which measure the server's own work. */
export async function* serverLoad(testbed: Testbed): AsyncGenerator<Benchmark> {
  const isFull = testbed.scale.name === 'full';
  const [clientCount, treeCount, largeTreeFiles] = isFull ? [64, 4, 100_000] : [4, 2, 3_000];
  const api: Api = testbed.server;
  const crowdTrees = await createTrees(api, 'crowd', clientCount, 1_000);
  yield {
    id: 'commits',
    title: `Commits per second: ${clientCount} clients push one change each to ${clientCount} trees of 1,000 symlinks`,
    figure: 'perSecond',
    unit: 'per second',
    variants: [load(api, crowdTrees, isFull ? 10 : 4)],
    targets: [],
    rounds: testbed.scale.slowRounds,
  };
  yield {
    id: 'commits-p99',
    title: 'Commits per second: the 99th percentile of one push',
    figure: 'p99',
    variants: [load(api, crowdTrees, isFull ? 10 : 4)],
    targets: [],
    rounds: 1,
  };
  const pushCount = isFull ? 50 : 20;
  const smallTrees = await createTrees(api, 'small', treeCount, 1_000);
  const largeTrees = await createTrees(api, 'large', treeCount, largeTreeFiles);
  yield {
    id: 'commits-flat',
    title: `One push: ${treeCount} clients on trees of ${largeTreeFiles.toLocaleString('en')} files, compared with 1,000`,
    figure: 'median',
    variants: [
      { ...load(api, largeTrees, pushCount), name: 'Palmtree' },
      { ...load(api, smallTrees, pushCount), name: 'on 1,000 files' },
    ],
    targets: [{ baseline: 'on 1,000 files', max: 1.3 }],
    rounds: testbed.scale.slowRounds,
  };
}

function load(api: Api, trees: readonly string[], pushCount: number): Variant {
  return { name: 'Palmtree', run: () => runLoad(api, trees, pushCount) };
}

async function runLoad(api: Api, trees: readonly string[], pushCount: number): Promise<Figures> {
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(
    trees.map(async (tree) => {
      let base = await head(api, tree);
      for (let push = 0; push < pushCount; push++) {
        const pushStart = performance.now();
        base = await pushChanges(api, tree, base, [link('link-0', `to-${base}`)]);
        times.push(performance.now() - pushStart);
      }
    }),
  );
  const ms = performance.now() - start;
  times.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? Number.NaN;
  return { ms, perSecond: (times.length * 1000) / ms, p99, median: median(times) };
}

/** Creates trees of symlinks, which have no content to upload. */
async function createTrees(api: Api, prefix: string, count: number, files: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  for (const name of names) {
    await call(api, 'PUT', `/v1/trees/${name}`);
    const changes = Array.from({ length: files }, (_, number) => link(`link-${number}`, 'nowhere'));
    await pushChanges(api, name, 0, changes);
  }
  return names;
}

function link(path: string, target: string) {
  const hash = createHash('sha256').update(target).digest('hex');
  const mtimeNs = '1700000000000000000';
  return { op: 'put', path, kind: 'symlink', size: Buffer.byteLength(target), mtimeNs, mode: 0o777, hash, target };
}

async function head(api: Api, tree: string): Promise<number> {
  const { revisions } = (await call(api, 'GET', `/v1/trees/${tree}/revisions?limit=1`)) as {
    revisions: { number: number }[];
  };
  return revisions[0]?.number ?? 0;
}

async function pushChanges(api: Api, tree: string, base: number, changes: readonly object[]): Promise<number> {
  const lines = [...ndjsonBlocks({ base, count: changes.length }, changes)].join('');
  const session = (await call(api, 'POST', `/v1/trees/${tree}/pushes`, lines)) as { id: string };
  const commit = (await call(api, 'POST', `/v1/trees/${tree}/pushes/${session.id}/commit`)) as { revision: number };
  return commit.revision;
}

async function call(api: Api, method: string, path: string, lines?: string): Promise<unknown> {
  const response = await fetch(api.url + path, {
    method,
    headers: { authorization: `Bearer ${api.token}`, 'content-type': ndjsonType },
    ...(lines === undefined ? {} : { body: Buffer.from(lines) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

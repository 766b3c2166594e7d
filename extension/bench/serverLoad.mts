import { createHash } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { median, type Contender, type Figures, type Work } from './measure.mts';
import type { Stage } from './stage.mts';

interface Api {
  readonly url: string;
  readonly token: string;
}

/** Commits a second, of changes that carry no content: what is left is the server's own work. */
export async function* serverLoad(stage: Stage): AsyncGenerator<Work> {
  const full = stage.scale.name === 'full';
  const [few, many, big] = full ? [64, 4, 100_000] : [4, 2, 3_000];
  const api: Api = stage.server;
  const crowd = await madeTrees(api, 'crowd', few, 1_000);
  yield {
    id: 'commits',
    title: `Commits a second, ${few} clients that push one change each to ${few} trees of 1,000 files (links: nothing to transfer)`,
    figure: 'perSecond',
    unit: 'per second',
    contenders: [load(api, crowd, full ? 10 : 4)],
    targets: [],
    rounds: stage.scale.longRounds,
  };
  yield {
    id: 'commits-p99',
    title: 'The same, the time of one push at the 99th percentile',
    figure: 'p99',
    contenders: [load(api, crowd, full ? 10 : 4)],
    targets: [],
    rounds: 1,
  };
  const pushes = full ? 50 : 20;
  const small = await madeTrees(api, 'small', many, 1_000);
  const large = await madeTrees(api, 'large', many, big);
  yield {
    id: 'commits-flat',
    title: `One push, ${many} clients on trees of ${big.toLocaleString('en')} files against 1,000`,
    figure: 'median',
    contenders: [
      { ...load(api, large, pushes), name: 'Palmtree' },
      { ...load(api, small, pushes), name: 'on 1,000 files' },
    ],
    targets: [{ against: 'on 1,000 files', most: 1.3 }],
    rounds: stage.scale.longRounds,
  };
}

function load(api: Api, trees: readonly string[], pushes: number): Contender {
  return { name: 'Palmtree', run: () => runLoad(api, trees, pushes) };
}

async function runLoad(api: Api, trees: readonly string[], pushes: number): Promise<Figures> {
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(
    trees.map(async (tree) => {
      let base = await head(api, tree);
      for (let push = 0; push < pushes; push++) {
        const start = performance.now();
        base = await pushChanges(api, tree, base, [link('link-0', `to-${base}`)]);
        times.push(performance.now() - start);
      }
    }),
  );
  const ms = performance.now() - began;
  times.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? Number.NaN;
  return { ms, perSecond: (times.length * 1000) / ms, p99, median: median(times) };
}

/** Trees of `files` entries each: of links, which have no content to upload. */
async function madeTrees(api: Api, prefix: string, count: number, files: number): Promise<string[]> {
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
  const begun = (await call(api, 'POST', `/v1/trees/${tree}/pushes`, { base, changes })) as { id: string };
  const done = (await call(api, 'POST', `/v1/trees/${tree}/pushes/${begun.id}/commit`)) as { revision: number };
  return done.revision;
}

async function call(api: Api, method: string, path: string, body?: object): Promise<unknown> {
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const response = await fetch(api.url + path, {
    method,
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

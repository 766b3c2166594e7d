import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { soakSeconds as givenSeconds, writeSoakFigures } from '../model/soak';
import { RunningServer } from '../support/servers/server';
import { LoadClient, silenceMs, type PushTimes } from './loadClient';
import { ProcessWatch } from './serverProcess';

const soakSeconds = givenSeconds ?? 60;
const clientCount = 100;
const treeCount = 20;
const streamCount = 1_000;
const sampleMs = 2_000;
const readersAtOnce = 8;
/** After the warm-up. Caches and the heap of V8 may still grow by some of it; a leak grows by more. */
const maxMemoryGrowthMiB = 100;
const maxDescriptorGrowth = 50;

let server: RunningServer;
let folder: string;
beforeAll(async () => {
  server = await RunningServer.start();
  folder = await mkdtemp(join(tmpdir(), 'palmtree-load-'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

it('serves 100 clients and 1,000 idle event streams without an error, and does not grow', async () => {
  const api = new Client(server.url, server.token);
  const trees = Array.from({ length: treeCount }, (_, number) => `load-${number}`);
  for (const tree of [...trees, 'quiet']) await api.makeTree(tree);
  const streams = await openStreams(api);
  const clients = await openClients(trees);
  const watch = new ProcessWatch(server.pid);
  const timer = setInterval(() => watch.sample(), sampleMs);
  const end = performance.now() + soakSeconds * 1_000;
  await Promise.all(clients.map((client) => client.runUntil(end)));
  clearInterval(timer);
  const { memory, descriptors } = watch;
  const ended = streams.ended();
  await streams.close();
  const verified = await verifyAll(api, trees);
  const errors = total(clients.map((client) => client.errors));
  const refusals = total(clients.map((client) => client.refusals));
  writeSoakFigures('load', {
    seconds: soakSeconds,
    clients: clientCount,
    streams: streamCount,
    streamsEnded: ended,
    ...timeFigures(clients.flatMap(({ times }) => times)),
    ...Object.fromEntries([...refusals].map(([code, count]) => [`refused: ${code}`, count])),
    rsyncRetries: clients.reduce((sum, { retries }) => sum + retries, 0),
    errors: [...errors.values()].reduce((sum, count) => sum + count, 0),
    memoryFirstMiB: memory.first,
    memoryLastMiB: memory.last,
    memoryMiBPerMinute: memory.perMinute,
    descriptorsFirst: descriptors.first,
    descriptorsLast: descriptors.last,
    descriptorsPerMinute: descriptors.perMinute,
    trees: trees.length,
    ...verified,
  });
  expect([...errors]).toEqual([]);
  expect(ended).toBe(0);
  expect(verified.damaged).toBe(0);
  expect(memory.last - memory.first).toBeLessThan(maxMemoryGrowthMiB);
  expect(descriptors.last - descriptors.first).toBeLessThan(maxDescriptorGrowth);
});

async function openClients(trees: readonly string[]): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  for (let number = 0; number < clientCount; number++) {
    const root = join(folder, `c${number}`);
    const api = new Client(server.url, server.token, { silenceMs });
    await mkdir(root);
    clients.push(new LoadClient(api, trees[number % trees.length] ?? '', root));
  }
  return clients;
}

/** Opens the streams of a tree in which nothing happens, and reads their heartbeats. */
async function openStreams(api: Client) {
  const stop = new AbortController();
  let ended = 0;
  const readers: Promise<void>[] = [];
  for (let number = 0; number < streamCount; number++) {
    const stream = await api.events('quiet', 0, stop.signal);
    readers.push(
      (async () => {
        for await (const _ of stream);
      })()
        .catch(() => undefined)
        .finally(() => void ended++),
    );
  }
  return {
    ended: () => ended,
    close: async () => {
      stop.abort();
      await Promise.all(readers);
    },
  };
}

/** Reads each content of each revision, and compares it with its hash. */
async function verifyAll(api: Client, trees: readonly string[]) {
  const contents = new Map<string, { readonly tree: string; readonly path: string; readonly revision: number }>();
  for (const tree of trees) {
    const head = (await api.head(tree))?.number ?? 0;
    for (let revision = 1; revision <= head; revision++) {
      for (const { path, after } of (await api.revision(tree, revision)).changes) {
        if (after !== null) contents.set(after.hash, { tree, path, revision });
      }
    }
  }
  let damaged = 0;
  const left = contents.entries();
  const read = async (): Promise<void> => {
    for (const [hash, { tree, path, revision }] of left) {
      const content = await api.content(tree, { path, revision });
      if (createHash('sha256').update(content).digest('hex') !== hash) damaged++;
    }
  };
  await Promise.all(Array.from({ length: readersAtOnce }, read));
  return { contentsVerified: contents.size, damaged };
}

function total(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts.flatMap((map) => [...map])) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}

function timeFigures(times: readonly PushTimes[]): Record<string, number> {
  const figures: Record<string, number> = { pushes: times.length, pushesPerSecond: times.length / soakSeconds };
  for (const part of ['whole', 'rsync', 'commit'] as const) {
    const sorted = times.map((time) => time[part]).sort((a, b) => a - b);
    figures[`${part}MedianMs`] = sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN;
    figures[`${part}P99Ms`] = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  }
  return figures;
}

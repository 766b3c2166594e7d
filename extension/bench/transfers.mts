import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { keepChild } from '../scripts/liveChildren.mjs';
import { nodeBinary } from '../scripts/paths.mts';
import { changeShare, makeBigFile, makeFiles, touchFile } from './inputs.mts';
import { firstPush } from './manyFiles.mts';
import { neverBlocked, timed, type Contender, type Work } from './measure.mts';
import type { BenchClient } from './palmtree.mts';
import { rclone, rsync } from './peers.mts';
import type { Link } from './shaper.mts';
import type { Stage } from './stage.mts';

/** What is bound by moving content. */
export async function* transfers(stage: Stage): AsyncGenerator<Work> {
  const { some, longRounds } = stage.scale;
  const root = stage.path('some');
  makeFiles(root, some, 2048);
  const title = `First push of ${some.toLocaleString('en')} files of 2 KB`;
  const { work } = firstPush(stage, root, title, { most: 1, rounds: longRounds });
  yield { ...work, contenders: [...work.contenders, ...slowest(stage, root)] };
  yield* largeFile(stage);
  yield await renamed(stage);
  yield await slowLink(stage, { delayMs: 10, bitsPerSecond: 100e6 });
}

/** Where there is the time for it, once: it is the slowest with many files. */
function slowest(stage: Stage, root: string): readonly Contender[] {
  if (stage.scale.name !== 'full') return [];
  let copy = '';
  const rcloneOnce: Contender = {
    name: 'rclone over sftp',
    once: true,
    before: async () => {
      copy = await stage.newFolder('rclone');
      await stage.settle();
    },
    run: () => timed(() => rclone(stage, root, copy)),
  };
  return [rcloneOnce];
}

async function* largeFile(stage: Stage): AsyncGenerator<Work> {
  const { large, longRounds: rounds } = stage.scale;
  const root = stage.path('large');
  const file = join(root, 'noise.bin');
  makeBigFile(file, large);
  const size = large >= 2 ** 30 ? `${large / 2 ** 30} GiB` : `${large / 2 ** 20} MiB`;
  let copy = '';
  let client: BenchClient | undefined;
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await client?.close();
      await stage.newServer();
      client = await stage.client(root, stage.newTree());
      await client.ask({ op: 'track', paths: [''] });
      await stage.settle();
    },
    run: async () => {
      const pushed = (await client?.ask({ op: 'push' })) ?? { ms: Number.NaN };
      return { ...pushed, serverMegabytes: (await stage.server.peakMemory()) / 1e6 };
    },
  };
  yield {
    id: 'large-new',
    title: `Push a new file of ${size}`,
    contenders: [
      palmtree,
      {
        name: 'rsync -a over ssh',
        before: async () => {
          copy = await stage.newFolder('large-rsync');
          await stage.settle();
        },
        run: () => rsync(stage, root, stage.remote(copy)),
      },
      ...slowest(stage, root),
    ],
    targets: [
      { against: 'rsync -a over ssh', most: 1 },
      neverBlocked,
      { worst: { figure: 'serverMegabytes', of: 'at most in the server', unit: 'MB' }, most: 200 },
    ],
    rounds,
  };
  if (client !== undefined) yield largeChanged(stage, client, root, copy, size);
  await client?.close();
  await rm(root, { recursive: true });
}

function largeChanged(stage: Stage, client: BenchClient, root: string, copy: string, size: string): Work {
  let round = 0;
  const change = (): Promise<void> => {
    changeShare(join(root, 'noise.bin'), stage.scale.large, 0.01, ++round);
    return Promise.resolve();
  };
  return {
    id: 'large-changed',
    title: `Push 1% of ${size} changed: bytes on the wire`,
    figure: 'wireBytes',
    unit: 'bytes',
    contenders: [
      {
        name: 'Palmtree',
        before: async () => {
          // What the other's turn changed is out of the way first.
          await client.ask({ op: 'push' });
          await change();
        },
        run: async () => {
          const { ms, uploadedBytes = Number.NaN } = await client.ask({ op: 'push' });
          return { ms, wireBytes: uploadedBytes };
        },
      },
      {
        name: 'rsync -a over ssh',
        before: async () => {
          await rsync(stage, root, stage.remote(copy));
          await change();
        },
        run: () => rsync(stage, root, stage.remote(copy)),
      },
    ],
    targets: [{ against: 'rsync -a over ssh', most: 1.1 }],
    rounds: stage.scale.longRounds,
  };
}

async function renamed(stage: Stage): Promise<Work> {
  const { renamed: count, rounds } = stage.scale;
  const root = stage.path('renamed');
  makeFiles(join(root, 'old'), count, 2048);
  const client = await stage.client(root, stage.newTree());
  await client.ask({ op: 'track', paths: [''] });
  await client.ask({ op: 'push' });
  let names: readonly [string, string] = ['old', 'new'];
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await rename(join(root, names[0]), join(root, names[1]));
      names = names[0] === 'old' ? ['new', 'old'] : ['old', 'new'];
    },
    run: async () => {
      const looked = await client.ask({ op: 'rescan' });
      const pushed = await client.ask({ op: 'push' });
      if (pushed['uploadedBytes'] !== 0) throw new Error('a rename sent content');
      return { ms: pushed.ms, beyondMs: pushed.ms - looked.ms };
    },
  };
  return {
    id: 'rename',
    title: `Push a renamed folder of ${count.toLocaleString('en')} files: what it takes beyond the scan, no content sent`,
    figure: 'beyondMs',
    contenders: [palmtree],
    targets: [{ most: 1000 }],
    rounds,
  };
}

async function slowLink(stage: Stage, link: Link): Promise<Work> {
  const { slow, longRounds: rounds } = stage.scale;
  const root = stage.path('slow');
  makeFiles(root, slow * 2, 4096);
  const toServer = await shaped(stage.server.port, link);
  const toSsh = await shaped(stage.ssh.port, link);
  const client = await stage.client(root, stage.newTree(), toServer);
  await client.ask({ op: 'track', paths: [''] });
  await client.ask({ op: 'push' });
  const rsyncCopy = stage.path('slow-rsync');
  await rsync(stage, root, stage.remote(rsyncCopy));
  let round = 0;
  const change = (): Promise<void> => {
    round++;
    for (let number = 0; number < slow; number++) touchFile(root, number * 2, `round ${round} file ${number}`);
    return Promise.resolve();
  };
  return {
    id: 'slow-link',
    title: `Push ${slow.toLocaleString('en')} changed files behind 20 ms and 100 Mbit/s`,
    contenders: [
      { name: 'Palmtree', before: change, run: () => client.ask({ op: 'push' }) },
      { name: 'rsync -a over ssh', before: change, run: () => rsync(stage, root, stage.remote(rsyncCopy), toSsh) },
    ],
    targets: [{ against: 'rsync -a over ssh', most: 1.1 }],
    rounds,
  };
}

/** A port that leads to `port` through a slow link, which is a process of its own. */
async function shaped(port: number, link: Link): Promise<number> {
  const script = join(import.meta.dirname, 'shaper.mts');
  const child = keepChild(
    fork(script, [JSON.stringify({ ...link, port })], { execPath: nodeBinary, execArgv: [], detached: true }),
  );
  // Its channel ends with us, and it with that.
  child.unref();
  child.channel?.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (answer: { port: number }) => resolve(answer.port));
  });
}

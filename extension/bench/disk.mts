import { join } from 'node:path';
import { ensureSystemPackages } from '../scripts/setup/systemPackages.mts';
import { UserError } from '../scripts/userError.mjs';
import { changeByte, changePages, makeLargeFile, makePages } from './inputs.mts';
import { timed, type Benchmark, type Figures, type Target, type Variant } from './measure.mts';
import { diskBytes, LocalGit, Restic } from './peers.mts';
import type { Scale, Testbed } from './testbed.mts';

const pageFraction = 0.01;
const byteEdits = 4;

/** Keeps a history of edits. `store` is called once after each of them. */
interface Keeper {
  store(): Promise<void>;
  /** Makes the history as small as the tool can. */
  compact(): Promise<void>;
  /** All that the history takes on the disk, in bytes. */
  bytes(): Promise<number>;
}

/** The disk that a history takes: a file like a database, of which some pages change each day, and a large file. */
export async function* disk(testbed: Testbed): AsyncGenerator<Benchmark> {
  const { dailyEdits, databaseBytes, imageBytes } = testbed.scale.disk;
  const megabytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
  const work = `${dailyEdits} edits of 1% of ${megabytes(databaseBytes)}, four edits of a byte in ${megabytes(imageBytes)}`;
  const restic = await resticVariants(testbed);
  // In a quick run, the server's reserve of 8 MiB takes more than the history.
  const compared = testbed.scale.name === 'full' ? restic.variants : [];
  const targets: Target[] = compared.map(({ name }) => ({ baseline: name, max: 1.2 }));
  yield {
    id: 'disk-history',
    title: `Disk for a history, compacted: ${work}${restic.missing}`,
    figure: 'diskBytes',
    unit: 'bytes',
    variants: [
      variant(testbed, 'Palmtree, gc', palmtreeKeeper),
      ...restic.variants,
      variant(testbed, 'git commit, gc', (root) => LocalGit.init(root)),
    ],
    targets,
    rounds: 1,
  };
}

/** A machine on which restic cannot be installed still has the other figures; the row says what is missing. */
async function resticVariants(testbed: Testbed): Promise<{ variants: readonly Variant[]; missing: string }> {
  try {
    await ensureSystemPackages(['restic']);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { variants: [], missing: ` (not compared: ${error.message})` };
  }
  const open = async (root: string): Promise<Keeper> => Restic.init(root, await testbed.newFolder('restic-repository'));
  return { variants: [variant(testbed, 'restic backup', open)], missing: '' };
}

function variant(testbed: Testbed, name: string, open: (root: string, testbed: Testbed) => Promise<Keeper>): Variant {
  let root = '';
  return {
    name,
    prepare: async () => {
      root = await testbed.newFolder('disk');
      makePages(join(root, 'database.db'), testbed.scale.disk.databaseBytes);
      makeLargeFile(join(root, 'image.bin'), testbed.scale.disk.imageBytes);
    },
    run: async () => keepHistory(await open(root, testbed), root, testbed.scale.disk),
  };
}

async function keepHistory(
  keeper: Keeper,
  root: string,
  { dailyEdits, databaseBytes, imageBytes }: Scale['disk'],
): Promise<Figures> {
  let editedBytes = 0;
  const { ms } = await timed(async () => {
    await keeper.store();
    for (let day = 1; day <= dailyEdits; day++) {
      changePages(join(root, 'database.db'), databaseBytes, pageFraction, day);
      if (editedBytes < Math.floor((day * byteEdits) / dailyEdits))
        changeByte(join(root, 'image.bin'), imageBytes, ++editedBytes);
      await keeper.store();
    }
    await keeper.compact();
  });
  return { ms, diskBytes: await keeper.bytes() };
}

async function palmtreeKeeper(root: string, testbed: Testbed): Promise<Keeper> {
  await testbed.newServer();
  const { server } = testbed;
  const client = await testbed.client(root, testbed.newTree());
  await client.request({ op: 'track', paths: [''] });
  return {
    store: async () => void (await client.request({ op: 'push' })),
    compact: async () => {
      await client.close();
      await server.gc();
    },
    bytes: () => diskBytes(server.dataFolder),
  };
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packFile, type PullSession } from '../../../../server/src/contract/schemas';
import type { Entry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { stagedPath } from '../../io/apply/staging';
import { sizeAt } from '../../io/fs/files';
import { createFolder, removeAll } from '../../io/fs/folders';
import { requireRoom } from '../../io/fs/disk/requireRoom';
import type { Packer } from '../../io/packs/packer';
import type { RunningTransfer } from './runTransfer';

/** The pause between two looks for complete packs, in milliseconds. */
const lookMs = 100;
/** A server sends a whole pack if half of it is wanted. */
const maxShare = 2;
const marginBytes = 16 << 20;
/** The deepest paths take some ten milliseconds. */
const filesPerMessage = 200;

export interface IncomingPacks {
  readonly id: string;
  readonly staging: string;
  /** The files of the pull, in the order of its request. */
  readonly entries: readonly Entry[];
  readonly packs: NonNullable<PullSession['packs']>;
}

interface Placed {
  readonly entry: Entry;
  readonly offset: number;
}

/**
 * Receives the packs of a pull, and stages their files while the next ones arrive. Files whose content a pack does not have are
 * not staged; their paths are returned. Throws too_much_data if the packs are much larger than the files; invalid_path; disk_full.
 */
export async function receivePacks(
  packer: Packer,
  transfer: RunningTransfer,
  incoming: IncomingPacks,
): Promise<string[]> {
  const { id, staging } = incoming;
  const packs = incoming.packs.map(({ bytes, slices }) => ({ bytes, files: placed(incoming.entries, slices, bytes) }));
  requireModest(packs);
  // The name cannot be that of a file: it was chosen after the files were requested.
  const folder = join(staging, id);
  await requireRoom({ folders: [staging], bytes: packs.reduce((sum, { bytes }) => sum + bytes, 0) });
  await createFolder(folder);
  const waiting = new Set(packs.keys());
  const missing: string[] = [];
  const unpack = async (which: 'complete' | 'all'): Promise<void> => {
    for (const number of waiting) {
      const file = join(folder, packFile(id, number));
      const { bytes, files = [] } = packs[number] ?? {};
      const size = await sizeAt(file);
      if (size === undefined || (which === 'complete' && size !== bytes)) continue;
      waiting.delete(number);
      missing.push(...(await unpackPack(packer, file, { staging, files })));
      await removeAll(file);
    }
  };
  const received = new AbortController();
  const unpacking = unpackUntil(received.signal, () => unpack('complete'));
  // An error is thrown below, when rsync has ended.
  unpacking.catch(() => undefined);
  try {
    const sizes = new Map(packs.map(({ bytes }, number) => [packFile(id, number), bytes]));
    const entries = packs.flatMap(({ files }) => files.map(({ entry }) => entry));
    const onProgress = transfer.meter.part(entries, { inPacks: true });
    await transfer.run({ staging: folder, sizes, onProgress });
  } finally {
    received.abort();
    await unpacking;
    // A part of a pack has the first of its files: another transfer need not receive them again.
    await unpack('all');
    await removeAll(folder);
  }
  for (const number of waiting) missing.push(...(packs[number]?.files ?? []).map(({ entry }) => entry.path));
  return missing;
}

/** Unpacks a few files at a time: a message of many deep paths takes long. Returns the paths that the pack does not have. */
async function unpackPack(
  packer: Packer,
  pack: string,
  { staging, files }: { readonly staging: string; readonly files: readonly Placed[] },
): Promise<string[]> {
  const missing: string[] = [];
  for (let start = 0; start < files.length; start += filesPerMessage) {
    const part = files.slice(start, start + filesPerMessage);
    const targets = part.map(({ entry: { path, size, hash, mode, mtimeNs }, offset }) => {
      return { offset, size, hash, mode, mtimeNs, target: stagedPath(staging, path) };
    });
    for (const index of await packer.unpack(pack, targets)) missing.push(part[index]?.entry.path ?? '');
  }
  return missing;
}

async function unpackUntil(signal: AbortSignal, unpack: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await unpack();
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

function placed(entries: readonly Entry[], slices: readonly (readonly [number, number])[], bytes: number): Placed[] {
  return slices.map(([index, offset]) => {
    const entry = entries[index];
    if (entry !== undefined && offset + entry.size <= bytes) return { entry, offset };
    throw new PalmtreeError('not_a_palmtree_server', `the server named file ${index} at ${offset} of a pack`);
  });
}

function requireModest(packs: readonly { readonly bytes: number; readonly files: readonly Placed[] }[]): void {
  const sum = (bytes: (pack: (typeof packs)[number]) => number): number =>
    packs.reduce((total, pack) => total + bytes(pack), 0);
  const wanted = sum(({ files }) => files.reduce((total, { entry }) => total + entry.size, 0));
  const limit = wanted * maxShare + marginBytes;
  if (sum(({ bytes }) => bytes) <= limit) return;
  throw new PalmtreeError('too_much_data', `the packs have more than ${limit} bytes`, { details: { limit } });
}

import { linkSync } from 'node:fs';
import { copyFile, open, type FileHandle } from 'node:fs/promises';
import { packFile, type PullSession } from '../contract/schemas';
import { readAt } from '../objects/openContent';
import { bytesOf, packsOf } from '../objects/packs/pack';
import type { PackStore } from '../objects/packs/packStore';
import { byPack, type StoredSlice } from '../objects/packs/sliceRepository';
import type { InitialFile } from '../sessions/sessionStore';

/** Fewer packed contents are files of their own, so that rsync shows their names. */
const minPackedFiles = 256;
/** A pack is sent as it is if at least this share of it is wanted. Composing another one costs reading and writing. */
const minWantedShare = 0.5;

/** A wanted path whose content is in a pack. */
interface Wanted extends StoredSlice {
  readonly path: string;
  /** The path's place in the request. */
  readonly index: number;
}

export interface PackedView {
  readonly files: readonly InitialFile[];
  /** Bytes of the files that are copies. */
  readonly copiedBytes: number;
  readonly packs: PullSession['packs'];
}

/** The files of a view for contents that are stored in packs. */
export function packedView(
  packs: PackStore,
  { id, wanted, readsPacks }: { id: string; wanted: readonly Wanted[]; readsPacks: boolean },
): PackedView {
  if (!readsPacks || wanted.length < minPackedFiles) {
    const files = wanted.map((one) => copiedFile(one.path, (file) => compose(packs, [one], file)));
    return { files, copiedBytes: bytesOf(wanted), packs: undefined };
  }
  const groups = byPack(wanted);
  const whole = groups.filter((slices) => bytesOf(slices) >= minWantedShare * slices[0].packBytes);
  const composed = packsOf(groups.filter((slices) => !whole.includes(slices)).flat());
  const wholeFiles = whole.map(([first], number) => ({
    path: packFile(id, number),
    create: (file: string) => tryLink(packs.fileOf(first.pack), file),
    createSlowly: (file: string) => copyFile(packs.fileOf(first.pack), file),
  }));
  const composedFiles = composed.map((slices, index) =>
    copiedFile(packFile(id, whole.length + index), (file) => compose(packs, slices, file)),
  );
  return {
    files: [...wholeFiles, ...composedFiles],
    copiedBytes: bytesOf(composed.flat()),
    packs: [
      ...whole.map((slices) => ({
        bytes: slices[0].packBytes,
        slices: slices.map(({ index, offset }): [number, number] => [index, offset]),
      })),
      ...composed.map(composedPack),
    ],
  };
}

function composedPack(slices: readonly Wanted[]): NonNullable<PullSession['packs']>[number] {
  let offset = 0;
  const placed = slices.map(({ index, size }): [number, number] => {
    const start = offset;
    offset += size;
    return [index, start];
  });
  return { bytes: offset, slices: placed };
}

function copiedFile(path: string, createSlowly: (file: string) => Promise<void>): InitialFile {
  return { path, create: () => false, createSlowly };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** Writes the contents of the slices one after the other. A content that cannot be read is left out: the client finds it by its hash. */
async function compose(packs: PackStore, slices: readonly StoredSlice[], file: string): Promise<void> {
  const target = await open(file, 'wx', 0o444);
  try {
    let position = 0;
    for (const group of byPack(slices)) {
      const source = await packs.open(group[0]);
      try {
        for (const slice of group) position = await copySlice(source, slice, target, position);
      } finally {
        await source?.close();
      }
    }
    await target.truncate(position);
  } finally {
    await target.close();
  }
}

/** Returns the position after the copy. */
async function copySlice(
  source: FileHandle | undefined,
  { offset, size }: StoredSlice,
  target: FileHandle,
  position: number,
): Promise<number> {
  const buffer = Buffer.alloc(size);
  if (source !== undefined && size > 0) await readAt(source, buffer, size, offset).catch(() => 0);
  await target.write(buffer, 0, size, position);
  return position + size;
}

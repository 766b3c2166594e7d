import { dirname, join } from 'node:path';
import { packFile } from '../../../../server/src/contract/schemas';
import type { Entry } from '../../core/entry';
import { createFolder, removeAll } from '../../io/fs/folders';
import type { Packer } from '../../io/packs/packer';
import type { CommandContext } from '../replica/commandContext';
import type { RunningTransfer } from './runTransfer';

/** Packs that wait to be sent take at most this many times the size of a pack on the disk. */
const maxReady = 4;

export interface OutgoingPacks {
  readonly id: string;
  /** The files of each pack, in their order. */
  readonly packs: readonly (readonly Entry[])[];
}

/** Sends the packs of a push, each while the next ones are written. */
export async function sendPacks(
  { replica, folders }: CommandContext,
  packer: Packer,
  transfer: RunningTransfer,
  { id, packs }: OutgoingPacks,
): Promise<void> {
  // A killed push may have left some.
  await removeAll(folders.packs);
  const fileOf = (number: number): string => join(folders.packs, packFile(id, number));
  await createFolder(dirname(fileOf(0)));
  const line = new PackLine(packs.length, async (number) => {
    const files = (packs[number] ?? []).map(({ path, size }) => ({ file: join(replica.root, path), size }));
    await packer.pack(fileOf(number), files);
  });
  try {
    for (let next = await line.ready(); next.length > 0; next = await line.ready()) {
      const entries = next.flatMap((number) => packs[number] ?? []);
      for (const number of next)
        transfer.screen.pack({ number: number + 1, count: packs.length, files: packs[number] ?? [] });
      await transfer.run({
        root: folders.packs,
        sizes: new Map(next.map((number) => [packFile(id, number), bytesOf(packs[number] ?? [])])),
        onProgress: transfer.meter.part(entries, { inPacks: true }),
      });
      for (const number of next) await removeAll(fileOf(number));
      line.sent(next.length);
    }
  } finally {
    line.stop();
    await removeAll(folders.packs);
  }
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

/** Makes packs one after the other, a few ahead of those that were sent. */
class PackLine {
  readonly #count: number;
  readonly #make: (number: number) => Promise<void>;
  readonly #making: Promise<void>;
  #made = 0;
  #taken = 0;
  #sent = 0;
  #isStopped = false;
  #changed = Promise.withResolvers<void>();

  constructor(count: number, make: (number: number) => Promise<void>) {
    this.#count = count;
    this.#make = make;
    this.#making = this.#makeAll();
    // `ready` throws the error.
    this.#making.catch(() => this.#wake());
  }

  /** The numbers of all packs that are ready and were not returned before; empty after the last one. */
  async ready(): Promise<number[]> {
    while (this.#made === this.#taken && this.#taken < this.#count) {
      await Promise.race([this.#making, this.#changed.promise]);
    }
    const ready = Array.from({ length: this.#made - this.#taken }, (_, index) => this.#taken + index);
    this.#taken = this.#made;
    return ready;
  }

  /** `count` further packs were sent, and their room can be used again. */
  sent(count: number): void {
    this.#sent += count;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  async #makeAll(): Promise<void> {
    while (this.#made < this.#count) {
      while (this.#made - this.#sent >= maxReady && !this.#isStopped) await this.#changed.promise;
      if (this.#isStopped) return;
      await this.#make(this.#made);
      this.#made++;
      this.#wake();
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

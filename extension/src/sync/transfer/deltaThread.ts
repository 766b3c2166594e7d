import { removeAll } from '../../io/fs/folders';
import type { Packer } from '../../io/packs/packer';
import type { Deltas } from '../../io/transfer/transferRequest';

/** Finds the differences of files in a thread, which starts with the first of them. */
export class DeltaThread implements Deltas {
  readonly folder: string;
  readonly #open: () => Packer;
  #packer: Packer | undefined;

  /** `packs` is the folder for the packs of a push. */
  constructor(open: () => Packer, packs: string) {
    this.#open = open;
    this.folder = `${packs}-deltas`;
  }

  writeDelta(...args: Parameters<Deltas['writeDelta']>): ReturnType<Deltas['writeDelta']> {
    return (this.#packer ??= this.#open()).writeDelta(...args);
  }

  fillFromBasis(...args: Parameters<Deltas['fillFromBasis']>): ReturnType<Deltas['fillFromBasis']> {
    return (this.#packer ??= this.#open()).fillFromBasis(...args);
  }

  async close(): Promise<void> {
    await this.#packer?.close();
    await removeAll(this.folder);
  }
}

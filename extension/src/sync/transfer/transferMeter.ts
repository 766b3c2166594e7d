import type { TransferProgress } from '../../io/transfer/transferProgress';
import { TransferRate } from './transferRate';

type Amount = Pick<TransferProgress, 'files' | 'bytes' | 'wireBytes'>;

/** Adds up the progress of the parts of one transfer, and measures its speed. */
export class TransferMeter {
  readonly #total: Pick<TransferProgress, 'totalFiles' | 'totalBytes'>;
  readonly #report: (progress: TransferProgress) => void;
  readonly #rate = new TransferRate();
  #done: Amount = { files: 0, bytes: 0, wireBytes: 0 };

  constructor(entries: readonly { readonly size: number }[], report: (progress: TransferProgress) => void) {
    const totalBytes = entries.reduce((sum, { size }) => sum + size, 0);
    this.#total = { totalFiles: entries.length, totalBytes };
    this.#report = report;
  }

  /**
   * Returns the listener for the next part, which has these entries. The files of a part in packs are counted by their share of
   * its bytes.
   */
  part(
    entries: readonly { readonly size: number }[],
    { inPacks = false }: { readonly inPacks?: boolean } = {},
  ): (progress: TransferProgress) => void {
    const before = this.#done;
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    this.#done = { files: before.files + entries.length, bytes: before.bytes + bytes, wireBytes: before.wireBytes };
    return (progress) => {
      const share = progress.totalBytes === 0 ? 1 : progress.bytes / progress.totalBytes;
      const files = inPacks ? Math.floor(share * entries.length) : progress.files;
      const wireBytes = before.wireBytes + progress.wireBytes;
      this.#done = { ...this.#done, wireBytes };
      const amount = { files: before.files + files, bytes: before.bytes + Math.min(bytes, progress.bytes), wireBytes };
      const bytesPerSecond = this.#rate.add(amount.bytes, performance.now());
      this.#report({
        ...progress,
        ...this.#total,
        ...amount,
        ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      });
    };
  }
}

import type { Entry } from '../../core/entry';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { TransferResult } from '../../io/rsync/transfer';
import type { ServerBinding, Reporter } from '../ports/serverBinding';

export interface TransferJob {
  readonly direction: 'push' | 'pull';
  readonly session: { readonly id: string; readonly module: string; readonly password: string };
  readonly root: string;
  readonly staging?: string;
  readonly entries: readonly Entry[];
}

/** Runs rsync for one session and shows it on a screen of its own. */
export async function runTransfer(
  remote: ServerBinding,
  carried: TransferJob,
  reporter: Reporter,
): Promise<TransferResult> {
  const { direction, session, entries } = carried;
  const rsync = await remote.findRsync();
  const screen = remote.openScreen({ direction, files: entries.length }, reporter.isQuiet === true);
  try {
    const result = await remote.transfer({
      direction,
      rsync,
      endpoint: remote.client.rsyncEndpoint(remote.tree, session.id),
      session,
      root: carried.root,
      ...(carried.staging === undefined ? {} : { staging: carried.staging }),
      paths: entries.map(({ path }) => path),
      totalBytes: entries.reduce((sum, { size }) => sum + size, 0),
      screen,
      signal: AbortSignal.any([reporter.signal, screen.interrupted]),
      onProgress: (progress) => reporter.progress(progress),
    });
    screen.end({ kind: result.isPartial ? 'partial' : 'done' });
    return result;
  } catch (error) {
    screen.end(isPalmtreeError(error, 'cancelled') ? { kind: 'cancelled' } : { kind: 'failed', error });
    throw error;
  }
}

export function throwIfCancelled(reporter: Reporter): void {
  if (reporter.signal.aborted) throw new PalmtreeError('cancelled', 'cancelled');
}

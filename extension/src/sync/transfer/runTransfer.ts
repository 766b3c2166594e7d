import type { Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import type { TransferResult } from '../../io/rsync/transfer';
import type { CommandContext } from '../replica/commandContext';

export interface TransferJob {
  readonly direction: 'push' | 'pull';
  readonly session: { readonly id: string; readonly module: string; readonly password: string };
  /** The folder that a pull fills. */
  readonly staging?: string;
  readonly entries: readonly Entry[];
}

/** Runs rsync for one session, in a terminal of its own. */
export async function runTransfer(
  { replica, server, reporter }: CommandContext,
  { direction, session, staging, entries }: TransferJob,
): Promise<TransferResult> {
  const rsync = await server.findRsync();
  const screen = server.openScreen({ direction, files: entries.length }, reporter.isQuiet === true);
  try {
    const result = await server.transfer({
      direction,
      rsync,
      endpoint: server.client.rsyncEndpoint(server.tree, session.id),
      session,
      root: replica.root,
      ...(staging === undefined ? {} : { staging }),
      sizes: new Map(entries.map(({ path, size }) => [path, size])),
      serverRsyncError: () => server.client.rsyncError(server.tree, session.id, reporter.signal),
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

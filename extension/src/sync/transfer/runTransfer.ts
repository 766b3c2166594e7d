import type { Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import type { TransferRequest, TransferResult } from '../../io/rsync/transfer';
import type { TransferScreen } from '../ports/serverBinding';
import type { CommandContext } from '../replica/commandContext';
import { TransferMeter } from './transferMeter';

export interface Transfer {
  readonly direction: 'push' | 'pull';
  readonly session: TransferRequest['session'] & { readonly id: string };
  /** The files whose contents are transferred, alone or in packs. */
  readonly entries: readonly Entry[];
}

/** The files of one run of rsync. */
interface TransferPart extends Pick<TransferRequest, 'sizes' | 'onProgress' | 'staging'> {
  /** By default, the workspace folder. */
  readonly root?: string;
}

export interface RunningTransfer {
  readonly screen: TransferScreen;
  readonly meter: TransferMeter;
  readonly signal: AbortSignal;
  run(part: TransferPart): Promise<TransferResult>;
}

/** Calls `work`, which runs rsync for one session, in a terminal of its own. Returns the bytes that the runs sent and received. */
export async function withTransfer(
  { replica, server, reporter }: CommandContext,
  { direction, session, entries }: Transfer,
  work: (transfer: RunningTransfer) => Promise<void>,
): Promise<Pick<TransferResult, 'sentBytes' | 'receivedBytes'>> {
  const rsync = await server.findRsync();
  const screen = server.openScreen({ direction, files: entries.length }, reporter.isQuiet === true);
  const signal = AbortSignal.any([reporter.signal, screen.interrupted]);
  const total = { sentBytes: 0, receivedBytes: 0, isPartial: false };
  const run = async (part: TransferPart): Promise<TransferResult> => {
    const result = await server.transfer({
      direction,
      rsync,
      endpoint: server.client.rsyncEndpoint(server.tree, session.id),
      session,
      root: replica.root,
      ...part,
      serverRsyncError: () => server.client.rsyncError(server.tree, session.id, reporter.signal),
      screen,
      signal,
    });
    total.sentBytes += result.sentBytes;
    total.receivedBytes += result.receivedBytes;
    total.isPartial ||= result.isPartial;
    return result;
  };
  try {
    const meter = new TransferMeter(entries, (progress) => reporter.progress(progress));
    await work({ screen, meter, signal, run });
    screen.end({ kind: total.isPartial ? 'partial' : 'done' });
    return total;
  } catch (error) {
    screen.end(isPalmtreeError(error, 'cancelled') ? { kind: 'cancelled' } : { kind: 'failed', error });
    throw error;
  }
}

export function sizesOf(entries: readonly Entry[]): Map<string, number> {
  return new Map(entries.map(({ path, size }) => [path, size]));
}

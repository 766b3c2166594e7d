import type { Entry } from '../../core/entry';
import type { PushSession } from '../../../../server/src/contract/schemas';
import { isPalmtreeError } from '../../errors';
import { chooseCarrier } from '../../io/transferFiles';
import type { TransferRequest, TransferResult } from '../../io/transfer/transferRequest';
import type { TransferScreen } from '../ports/serverBinding';
import type { CommandContext } from '../replica/commandContext';
import { DeltaThread } from './deltaThread';
import { TransferMeter } from './transferMeter';

export interface Transfer {
  readonly direction: 'push' | 'pull';
  readonly session: Pick<PushSession, 'id' | 'module' | 'password' | 'upgrade' | 'http'>;
  /** The files whose contents are transferred, alone or in packs. */
  readonly entries: readonly Entry[];
}

/** The files of one run of the carrier. */
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

/**
 * Calls `work`, which transfers files for one session, in a terminal of its own. Returns the bytes that were sent and received.
 * Throws rsync_missing, rsync_unusable and server_without_http if no carrier can be used.
 */
export async function withTransfer(
  { replica, server, reporter, folders }: CommandContext,
  { direction, session, entries }: Transfer,
  work: (transfer: RunningTransfer) => Promise<void>,
): Promise<Pick<TransferResult, 'sentBytes' | 'receivedBytes'>> {
  const { client, tree } = server;
  const carrier = await chooseCarrier({
    transport: server.transport?.() ?? 'auto',
    findRsync: () => server.findRsync(),
    hasHttp: session.http !== undefined,
  });
  const screen = server.openScreen({ direction, files: entries.length }, reporter.isQuiet === true);
  screen.carrier?.(carrier);
  reporter.carrier?.(carrier);
  const signal = AbortSignal.any([reporter.signal, screen.interrupted]);
  const openPacker = server.openPacker?.bind(server);
  const deltas = openPacker && new DeltaThread(openPacker, folders.packs);
  const total = { sentBytes: 0, receivedBytes: 0, isPartial: false };
  const run = async (part: TransferPart): Promise<TransferResult> => {
    const result = await server.transfer({
      direction,
      carrier,
      endpoint: client.rsyncEndpoint(tree, session.id),
      files: client.sessionFiles(tree, session),
      deltas,
      session,
      root: replica.root,
      ...part,
      serverRsyncError: () => client.rsyncError(tree, session.id, reporter.signal),
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
  } finally {
    await deltas?.close();
  }
}

export function sizesOf(entries: readonly Entry[]): Map<string, number> {
  return new Map(entries.map(({ path, size }) => [path, size]));
}

import { isPalmtreeError, PalmtreeError } from '../errors';
import { transferByHttp } from './http/transfer';
import { transferByRsync } from './rsync/transfer';
import type { Carrier, TransferRequest, TransferResult, Transport } from './transfer/transferRequest';

/** Transfers files between the workspace folder and a session's inbox or view, with the carrier of the request. */
export function transfer(request: TransferRequest): Promise<TransferResult> {
  const { carrier } = request;
  return carrier.kind === 'rsync' ? transferByRsync({ ...request, carrier }) : transferByHttp(request);
}

export interface CarrierChoice {
  readonly transport: Transport;
  /** Throws rsync_missing, rsync_unusable. */
  readonly findRsync: () => Promise<string>;
  /** Whether the server moves files by HTTP, too. */
  readonly hasHttp: boolean;
}

/** Throws rsync_missing, rsync_unusable, and server_without_http. */
export async function chooseCarrier({ transport, findRsync, hasHttp }: CarrierChoice): Promise<Carrier> {
  if (transport === 'http') {
    if (hasHttp) return { kind: 'http' };
    throw new PalmtreeError('server_without_http', 'the server moves files by rsync only');
  }
  try {
    return { kind: 'rsync', command: await findRsync() };
  } catch (error) {
    if (transport === 'rsync' || !hasHttp || !isRsyncFault(error)) throw error;
    return { kind: 'http', instead: error.details.rsync };
  }
}

function isRsyncFault(error: unknown): error is PalmtreeError {
  return isPalmtreeError(error, 'rsync_missing') || isPalmtreeError(error, 'rsync_unusable');
}

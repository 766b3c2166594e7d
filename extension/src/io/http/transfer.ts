import { maxTransfersAtOnce } from '../../../../server/src/contract/transfers';
import { isPalmtreeError, isServerAbsent, PalmtreeError } from '../../errors';
import { cancelled, refusal } from '../transfer/retries';
import type { TransferRequest, TransferResult } from '../transfer/transferRequest';
import { commonEncoding } from './coding';
import { Download } from './download';
import type { HttpTransfer, MovedFile } from './movedFile';
import { Outage } from './outage';
import { HttpProgress } from './progress';
import { Upload } from './upload';

/**
 * Transfers files between the workspace folder and a session's inbox or view by HTTP requests, a few at once. After a lost
 * connection it goes on in the same session, in the middle of a file.
 * The receiver must verify each file. Throws PalmtreeError: too_much_data if the server sends more than it declared.
 */
export async function transferByHttp(request: TransferRequest): Promise<TransferResult> {
  const { direction, sizes, screen, files } = request;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const outage = new Outage({ screen, signal });
  const progress = new HttpProgress(request, outage);
  const transfer: HttpTransfer = {
    request,
    outage,
    progress,
    limits: { signal, silenceMs: request.silenceMs },
    encoding: commonEncoding(files.encodings),
  };
  const { endpoint } = request;
  screen.write(
    `${direction === 'push' ? 'PUT' : 'GET'} ${endpoint.url.replace(/^ws/, 'http').replace(/rsync$/, 'files')}\n`,
  );
  const left = sizes.entries();
  let failure: unknown;
  let missing = 0;
  const work = async (): Promise<void> => {
    for (const [path, size] of left) {
      try {
        if (!(await moveFile(transfer, path, size))) missing++;
      } catch (error) {
        if (!stop.signal.aborted) failure = error;
        stop.abort();
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxTransfersAtOnce, sizes.size) }, work));
  if (stop.signal.aborted) throw failure;
  progress.done();
  const { sentBytes, receivedBytes } = progress;
  return { sentBytes, receivedBytes, isPartial: missing > 0 };
}

/** Repeats attempts until the file is there. Returns false if it is not there any more to be read. */
async function moveFile(transfer: HttpTransfer, path: string, size: number): Promise<boolean> {
  const { request, outage, progress, limits } = transfer;
  const file: MovedFile =
    request.direction === 'push' ? new Upload(transfer, path, size) : new Download(transfer, path, size);
  for (;;) {
    if (limits.signal.aborted) throw cancelled();
    const { attempt } = outage;
    try {
      const isMoved = await file.attempt();
      if (isMoved) progress.ended(path, size);
      return isMoved;
    } catch (error) {
      if (limits.signal.aborted) throw cancelled();
      const lost = asLost(error);
      if (!(lost instanceof PalmtreeError)) throw error;
      if (isPalmtreeError(error, 'server_unreachable')) {
        // The server cuts an upload that it refuses to go on with. One that is silent is not asked.
        const reason = await refusal(request);
        if (reason !== undefined) throw reason;
      }
      const waited = outage.wait(lost, attempt);
      progress.report(true);
      await waited;
    }
  }
}

/** A connection that breaks during a transfer is a lost one, whatever the request was waiting for. */
function asLost(error: unknown): unknown {
  if (!isServerAbsent(error) && !(error instanceof PalmtreeError && error.code === 'too_slow')) return error;
  return new PalmtreeError('connection_lost', error.message, { cause: error, details: error.details });
}

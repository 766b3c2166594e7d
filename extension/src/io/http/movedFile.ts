import type { RequestLimits, TransferRequest } from '../transfer/transferRequest';
import type { Outage } from './outage';
import type { HttpProgress } from './progress';

/** The parts that all files of a transfer share. */
export interface HttpTransfer {
  readonly request: TransferRequest;
  readonly outage: Outage;
  readonly progress: HttpProgress;
  readonly limits: RequestLimits;
  /** The encoding that both ends know. */
  readonly encoding: string | undefined;
}

/** A file on its way. It goes on where an earlier attempt has stopped. */
export interface MovedFile {
  /** Returns false if there is no such file any more. */
  attempt(): Promise<boolean>;
}

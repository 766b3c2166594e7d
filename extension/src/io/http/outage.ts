import type { PalmtreeError } from '../../errors';
import { isTransient, maxAttempts, pause, progressBytes, retryDelaysMs, turnPauseMs } from '../transfer/retries';
import type { TransferRequest } from '../transfer/transferRequest';

/** The requests of a transfer that run at once lose the server together, and wait for it together. */
export class Outage {
  readonly #request: Pick<TransferRequest, 'screen' | 'signal'>;
  #retries = 0;
  #failures = 0;
  #bytes = 0;
  #pauses = 0;
  #pausing: Promise<void> | undefined;
  #state: 'none' | 'lost' | 'queued' = 'none';

  constructor(request: Pick<TransferRequest, 'screen' | 'signal'>) {
    this.#request = request;
  }

  /** Whether another attempt is awaited, and whether because of other transfers of the token. */
  get state(): 'none' | 'lost' | 'queued' {
    return this.#state;
  }

  /** Identifies the attempts that begin now. */
  get attempt(): number {
    return this.#pauses;
  }

  /** Bytes have been transferred. */
  progressed(bytes: number): void {
    this.#state = 'none';
    if ((this.#bytes += bytes) <= progressBytes) return;
    this.#retries = 0;
    this.#bytes = 0;
  }

  /**
   * Resolves when the request that failed may be repeated. It began with `attempt`: if others have waited since, it need not.
   * Throws the error if another attempt would fail too, or too many have failed.
   */
  async wait(error: PalmtreeError, attempt: number): Promise<void> {
    const isQueued = error.code === 'too_many_runs';
    if (!isTransient(error)) throw error;
    if (this.#pausing !== undefined) return this.#pausing;
    if (attempt !== this.#pauses) return;
    if (!isQueued && ++this.#failures === maxAttempts) throw error;
    const pauseMs = isQueued ? turnPauseMs : retryDelaysMs[this.#retries++];
    if (pauseMs === undefined) throw error;
    this.#bytes = 0;
    this.#state = isQueued ? 'queued' : 'lost';
    this.#pausing = pause(this.#request, error, pauseMs);
    await this.#pausing;
    this.#pauses++;
    this.#pausing = undefined;
  }
}

import { Slots } from '../concurrency/slots';
import { WireError } from '../errors';

export interface RunTurnLimits {
  /** The runs of a token at once: eight machines with four each. */
  readonly runsOfToken: number;
  /** The time in milliseconds that a run waits for another one to end. A client gives a connection up after 15 s. */
  readonly waitMs: number;
}

export const defaultRunTurnLimits: RunTurnLimits = { runsOfToken: 32, waitMs: 8_000 };

/** Limits the runs of a token, whose processes take memory and time even if they do nothing. */
export class RunTurns {
  readonly #runs: Slots<number>;
  readonly #waitMs: number;

  constructor({ runsOfToken, waitMs }: RunTurnLimits) {
    this.#runs = new Slots(runsOfToken);
    this.#waitMs = waitMs;
  }

  /**
   * Resolves when the token may have another run, with a function for its end. Throws too_many_runs, or the signal's reason.
   */
  async enter(tokenId: number, signal: AbortSignal): Promise<() => void> {
    const timeout = AbortSignal.timeout(this.#waitMs);
    try {
      return await this.#runs.enter(tokenId, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (signal.aborted) throw error;
      throw new WireError('too_many_runs', 'other transfers of the token have not ended in time');
    }
  }
}

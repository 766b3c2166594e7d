import type { Logger } from 'pino';
import type { TokenRepository } from './tokenRepository';

export interface TokenWatchOptions {
  /** The interval between checks, in milliseconds. Revoking a token promises to end its use within a second. */
  readonly checkMs: number;
  /** Called at each check with the ids of all revoked tokens. An error is logged. */
  readonly onChecked?: (revoked: ReadonlySet<number>) => Promise<void>;
  readonly log: Logger;
}

/** Notices when a token is revoked. It queries the database, because the command line revokes tokens in another process. */
export class TokenWatch {
  readonly #tokens: Pick<TokenRepository, 'revokedIds'>;
  readonly #options: TokenWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #uses = new Map<number, Set<() => void>>();
  #revoked: ReadonlySet<number> = new Set();
  #checking: Promise<void> | undefined;

  constructor(tokens: Pick<TokenRepository, 'revokedIds'>, options: TokenWatchOptions) {
    this.#tokens = tokens;
    this.#options = options;
    this.#timer = setInterval(() => void this.#checkOnce(), options.checkMs);
    this.#timer.unref();
  }

  /**
   * Calls `end` when the token is revoked, at once if it has been. Returns a function for the time when the use has ended
   * by itself.
   */
  endWithToken(tokenId: number, end: () => void): () => void {
    const uses = this.#uses.get(tokenId) ?? new Set();
    this.#uses.set(tokenId, uses.add(end));
    if (this.#revoked.has(tokenId)) this.#endUses(tokenId);
    return () => {
      uses.delete(end);
      if (uses.size === 0 && this.#uses.get(tokenId) === uses) this.#uses.delete(tokenId);
    };
  }

  /** Ends the checks. Resolves when the last one is done. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async #checkOnce(): Promise<void> {
    if (this.#checking !== undefined) return;
    this.#checking = this.#check().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'looking for revoked tokens failed');
    });
    await this.#checking;
    this.#checking = undefined;
  }

  async #check(): Promise<void> {
    const revoked = new Set(await this.#tokens.revokedIds());
    this.#revoked = revoked;
    for (const tokenId of this.#uses.keys()) if (revoked.has(tokenId)) this.#endUses(tokenId);
    await this.#options.onChecked?.(revoked);
  }

  #endUses(tokenId: number): void {
    const uses = this.#uses.get(tokenId) ?? [];
    this.#uses.delete(tokenId);
    for (const end of uses) end();
  }
}

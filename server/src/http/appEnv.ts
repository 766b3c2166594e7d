import type { Logger } from 'pino';

/** The access token that authenticated a request. */
export interface Token {
  readonly id: number;
  readonly name: string;
  /** The trees it is limited to; null when it is not limited. */
  readonly trees: readonly string[] | null;
}

export interface AppEnv {
  Variables: {
    log: Logger;
    requestId: string;
    token: Token;
  };
}

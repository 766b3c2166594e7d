import type { Logger } from 'pino';
import type { Token } from '../tokens/tokenRepository';

export interface AppEnv {
  Variables: {
    log: Logger;
    requestId: string;
    token: Token;
  };
}

import type { Logger } from 'pino';
import type { Token } from '../token';

export interface AppEnv {
  Variables: {
    log: Logger;
    requestId: string;
    token: Token;
  };
}

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { RsyncRun, internalError, type RsyncRunOptions, type RunLimits } from '../rsync/rsyncRun';
import type { Run } from '../rsync/run';
import { tailOf } from './rsyncLog';
import type { SessionActivity } from './sessionActivity';
import type { TokenRepository } from '../tokens/tokenRepository';
import type { SessionStore } from './sessionStore';

/** WebSocket close code "Try Again Later". */
const tryAgainLater = 1013;

export interface RunObserver {
  onRunStarted(sessionId: string, run: Run): void;
}

/** Starts an rsync daemon for each WebSocket of a session. */
export class RsyncConnections {
  readonly #sessions: SessionStore;
  readonly #activity: SessionActivity;
  readonly #tokens: Pick<TokenRepository, 'isActive'>;
  readonly #observer: RunObserver;
  readonly #command: string;
  readonly #limits: RunLimits;

  constructor(
    deps: {
      sessions: SessionStore;
      activity: SessionActivity;
      tokens: Pick<TokenRepository, 'isActive'>;
      observer: RunObserver;
    },
    command: string,
    limits: RunLimits,
  ) {
    this.#sessions = deps.sessions;
    this.#activity = deps.activity;
    this.#tokens = deps.tokens;
    this.#observer = deps.observer;
    this.#command = command;
    this.#limits = limits;
  }

  /** Queries the database, because another process revokes tokens. */
  #stopWithToken(run: Run, tokenId: number, log: Logger): void {
    const check = async (): Promise<void> => {
      if (!(await this.#tokens.isActive(tokenId))) run.stop('its token was revoked');
    };
    const timer = setInterval(() => {
      check().catch((error: unknown) => log.error({ err: error }, 'the token of a run could not be checked'));
    }, this.#limits.tokenCheckMs);
    void run.ended.then(() => clearInterval(timer));
  }

  connect(
    { id, part, tokenId }: { id: string; part: string | undefined; tokenId: number },
    socket: WebSocket,
    log: Logger,
  ): void {
    // Another connection may have taken the last slot since the upgrade was granted.
    if (!this.#activity.hasCapacity(id)) return socket.close(tryAgainLater, 'the session is in use');
    const configFile = this.#sessions.configFileOf(id);
    const run = this.#start(socket, { part, configFile, log });
    if (run === undefined) return;
    this.#activity.attach(id, run);
    this.#stopWithToken(run, tokenId, log);
    this.#observer.onRunStarted(id, run);
    void run.ended.then(() => {
      const tail = tailOf(this.#sessions.logFileOf(id));
      if (tail !== '') log.debug({ rsync: tail }, 'rsync log');
    });
  }

  #start(socket: WebSocket, options: Pick<RsyncRunOptions, 'part' | 'configFile' | 'log'>): RsyncRun | undefined {
    try {
      return new RsyncRun(socket, { ...options, command: this.#command, limits: this.#limits });
    } catch (error) {
      options.log.error({ err: error }, 'rsync could not be started');
      socket.close(internalError, 'rsync could not be started');
      return undefined;
    }
  }
}

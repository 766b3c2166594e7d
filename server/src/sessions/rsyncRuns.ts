import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { RsyncRun, internalError, type RsyncRunOptions, type RunLimits } from '../rsync/rsyncRun';
import type { Run } from '../rsync/run';
import { tailOf } from './rsyncLog';
import type { SessionActivity } from './sessionActivity';
import type { TokenWatch } from '../tokens/tokenWatch';
import type { SessionStore } from './sessionStore';

/** WebSocket close code "Try Again Later". */
const tryAgainLater = 1013;
/** The time, in milliseconds, in which the client of a revoked token may read why its connection is closed. */
const revokedGraceMs = 300;

export interface RunObserver {
  onRunStarted(sessionId: string, run: Run): void;
}

/** Starts a run for each WebSocket of a session: an rsync daemon whose output and input the socket carries. */
export class RsyncRuns {
  readonly #sessions: SessionStore;
  readonly #activity: SessionActivity;
  readonly #tokenWatch: TokenWatch;
  readonly #observers: readonly RunObserver[];
  readonly #command: string;
  readonly #limits: RunLimits;

  constructor(
    deps: {
      sessions: SessionStore;
      activity: SessionActivity;
      tokenWatch: TokenWatch;
      observers: readonly RunObserver[];
    },
    command: string,
    limits: RunLimits,
  ) {
    this.#sessions = deps.sessions;
    this.#activity = deps.activity;
    this.#tokenWatch = deps.tokenWatch;
    this.#observers = deps.observers;
    this.#command = command;
    this.#limits = limits;
  }

  /** The connection is cut even if its client reads nothing. */
  #stopWithToken(run: Run, tokenId: number, socket: WebSocket): void {
    const release = this.#tokenWatch.endWithToken(tokenId, () => {
      run.stop('its token was revoked');
      void run.ended.then(() => setTimeout(() => socket.terminate(), revokedGraceMs));
    });
    void run.ended.then(release);
  }

  /** Closes the socket if the session has no free slot. */
  start(
    { id, part, tokenId }: { id: string; part: string | undefined; tokenId: number },
    socket: WebSocket,
    log: Logger,
  ): void {
    // Another connection may have taken the last slot since the upgrade was granted.
    if (!this.#activity.hasCapacity(id)) return socket.close(tryAgainLater, 'the session is in use');
    const configFile = this.#sessions.configFileOf(id);
    const run = this.#spawn(socket, { part, configFile, log });
    if (run === undefined) return;
    this.#activity.attach(id, run);
    this.#stopWithToken(run, tokenId, socket);
    for (const observer of this.#observers) observer.onRunStarted(id, run);
    void run.ended.then(() => {
      const tail = tailOf(this.#sessions.logFileOf(id));
      if (tail !== '') log.debug({ rsync: tail }, 'rsync log');
    });
  }

  #spawn(socket: WebSocket, options: Pick<RsyncRunOptions, 'part' | 'configFile' | 'log'>): RsyncRun | undefined {
    try {
      return new RsyncRun(socket, { ...options, command: this.#command, limits: this.#limits });
    } catch (error) {
      options.log.error({ err: error }, 'rsync could not be started');
      socket.close(internalError, 'rsync could not be started');
      return undefined;
    }
  }
}

import type { Logger } from 'pino';
import { Slots } from '../concurrency/slots';
import type { RsyncSocket } from '../contract/frameSocket';
import { RsyncRun, type RunLimits } from '../rsync/rsyncRun';
import type { Run } from '../rsync/run';
import { tailOf } from './rsyncLog';
import type { SessionActivity } from './sessionActivity';
import type { TokenWatch } from '../tokens/tokenWatch';
import type { SessionStore } from './sessionStore';

/** WebSocket close code "Try Again Later". */
const tryAgainLater = 1013;
/** The time, in milliseconds, in which the client of a revoked token may read why its connection is closed. */
const revokedGraceMs = 300;

/**
 * Starting a process blocks the server until the system runs it, for a tenth of a second on a busy machine. So many start at
 * once, and the others wait until one of these has greeted its client.
 */
export const startsAtOnce = 4;

export interface RunObserver {
  onRunStarted(sessionId: string, run: Run): void;
}

/** Starts a run for each connection of a session: an rsync daemon whose output and input its socket carries. */
export class RsyncRuns {
  readonly #sessions: SessionStore;
  readonly #activity: SessionActivity;
  readonly #tokenWatch: TokenWatch;
  readonly #observers: readonly RunObserver[];
  readonly #command: string;
  readonly #limits: RunLimits;
  readonly #starts = new Slots<'start'>(startsAtOnce);
  /** A token with many runs has a few of them in the queue of all starts, so that others need not wait for the rest. */
  readonly #startsOfToken = new Slots<number>(startsAtOnce);

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
  #stopWithToken(run: Run, tokenId: number, socket: RsyncSocket): void {
    const release = this.#tokenWatch.endWithToken(tokenId, () => {
      run.stop('its token was revoked');
      void run.ended.then(() => setTimeout(() => socket.terminate(), revokedGraceMs));
    });
    void run.ended.then(release);
  }

  /** Returns undefined, and closes the socket, if the session has no free slot. */
  start(
    { id, part, tokenId }: { id: string; part: string | undefined; tokenId: number },
    socket: RsyncSocket,
    log: Logger,
  ): Run | undefined {
    // Another connection may have taken the last slot since the upgrade was granted.
    if (!this.#activity.hasCapacity(id)) {
      socket.close(tryAgainLater, 'the session is in use');
      return undefined;
    }
    const configFile = this.#sessions.configFileOf(id);
    const run = new RsyncRun(socket, { part, configFile, log, command: this.#command, limits: this.#limits });
    this.#activity.attach(id, run);
    this.#stopWithToken(run, tokenId, socket);
    const begin = (): Promise<void> => this.#starts.run('start', () => this.#begin(id, run, log));
    void this.#startsOfToken.run(tokenId, begin);
    void run.ended.then(() => {
      const tail = tailOf(this.#sessions.logFileOf(id));
      if (tail !== '') log.debug({ rsync: tail }, 'rsync log');
    });
    return run;
  }

  /** Resolves when another run may start. */
  async #begin(id: string, run: RsyncRun, log: Logger): Promise<void> {
    // Its client has left while it waited.
    if (run.isClosing) return;
    try {
      run.begin();
    } catch (error) {
      log.error({ err: error }, 'rsync could not be started');
      return run.stop('rsync could not be started');
    }
    for (const observer of this.#observers) observer.onRunStarted(id, run);
    await run.greeted;
  }
}

import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { RsyncRun, type RunLimits } from '../rsync/rsyncRun';
import type { SessionActivity } from './sessionActivity';
import type { SessionStore } from './sessionStore';

const logTailBytes = 4096;
const tryAgainLater = 1013;

/** Starts an rsync daemon for a session's WebSocket, one at a time. */
export class RsyncConnections {
  readonly #store: SessionStore;
  readonly #activity: SessionActivity;
  readonly #command: string;
  readonly #limits: RunLimits;

  constructor(store: SessionStore, activity: SessionActivity, command: string, limits: RunLimits) {
    this.#store = store;
    this.#activity = activity;
    this.#command = command;
    this.#limits = limits;
  }

  connect(id: string, socket: WebSocket, log: Logger): void {
    // Another one may have come first since the upgrade was granted.
    if (this.#activity.isBusy(id)) return socket.close(tryAgainLater, 'the session is in use');
    const configFile = this.#store.configFileOf(id);
    const run = new RsyncRun(socket, { command: this.#command, configFile, limits: this.#limits, log });
    this.#activity.attach(id, run);
    void run.ended.then(() => {
      const said = tailOf(this.#store.logFileOf(id));
      if (said !== '') log.debug({ rsync: said }, 'rsync log');
    });
  }
}

function tailOf(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(logTailBytes);
      const start = Math.max(0, fstatSync(descriptor).size - logTailBytes);
      const bytes = readSync(descriptor, buffer, 0, logTailBytes, start);
      return buffer.toString('utf8', 0, bytes).trim();
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Logger } from 'pino';
import { socketState, type RsyncSocket } from '../contract/frameSocket';
import { bridgeSocket } from './bridgeSocket';
import { Liveness, type LivenessLimits } from './liveness';
import { refusedClosure } from '../contract/protocol';
import type { Run } from './run';

export interface RunLimits extends LivenessLimits {
  /** The time for rsync to end by itself after its client has closed the connection normally. */
  readonly closeGraceMs: number;
  /** The time between SIGTERM and SIGKILL. */
  readonly killGraceMs: number;
}

export const defaultRunLimits: RunLimits = {
  handshakeMs: 10_000,
  idleMs: 120_000,
  pingMs: 20_000,
  closeGraceMs: 1_000,
  killGraceMs: 2_000,
};

interface RsyncRunOptions {
  readonly part?: string | undefined;
  readonly command: string;
  readonly configFile: string;
  readonly limits: RunLimits;
  readonly log: Logger;
}

const normalClosure = 1000;
/** WebSocket close code "Internal Error". */
const internalError = 1011;
const stderrChars = 4000;
/** A client sends its greeting without waiting for that of the server, and nothing else. */
const maxEarlyBytes = 64 << 10;
const maxReasonBytes = 100;

/**
 * One `rsync --server --daemon` behind one connection, until its last process has ended. The connection is open before
 * `begin` starts the process.
 */
export class RsyncRun implements Run {
  readonly #socket: RsyncSocket;
  readonly #options: RsyncRunOptions;
  #child: ChildProcessWithoutNullStreams | undefined;
  #liveness: Liveness | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #ended = Promise.withResolvers<void>();
  readonly #greeted = Promise.withResolvers<void>();
  /** Messages that arrived before the process was started. */
  #early: Buffer[] = [];
  #earlyBytes = 0;
  /** The reason passed to `stop`. */
  #stopReason: string | undefined;
  #stopCode = internalError;
  succeeded = false;
  received = 0;
  #sent = 0;
  #stderr = '';

  constructor(socket: RsyncSocket, options: RsyncRunOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', (error) => this.stop(error.message));
    socket.on('close', (code) => this.#onSocketClosed(code));
    socket.on('message', this.#keepEarly);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when rsync has sent its first bytes, or has ended. Never rejects. */
  get greeted(): Promise<void> {
    return Promise.race([this.#greeted.promise, this.ended]);
  }

  /** To be called once, unless it is closing. Throws if the system refuses to start a process. */
  begin(): void {
    const child = startDaemon(this.#options);
    this.#child = child;
    this.#liveness = new Liveness(this.#socket, this.#options.limits, (reason) => this.stop(reason));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrChars);
    });
    this.#bridge(child);
    child.once('error', (error) => {
      this.#stderr += error.message;
      // A process that could not be started has no pid and emits no 'close' event.
      if (child.pid === undefined) this.#onEnded(null, null);
    });
    child.once('close', (code, signal) => this.#onEnded(code, signal));
  }

  #bridge(child: ChildProcessWithoutNullStreams): void {
    const onBytes = (direction: 'in' | 'out', bytes: Buffer): void => {
      if (direction === 'in') this.received += bytes.length;
      else this.#sent += bytes.length;
      if (direction === 'out') this.#greeted.resolve();
      this.#liveness?.onBytes(direction, bytes);
    };
    bridgeSocket(this.#socket, child, onBytes, (reason) => this.#terminate(reason));
    this.#socket.off('message', this.#keepEarly);
    for (const bytes of this.#early) this.#socket.emit('message', bytes, true);
    this.#early = [];
  }

  readonly #keepEarly = (bytes: Buffer): void => {
    this.#early.push(bytes);
    if ((this.#earlyBytes += bytes.length) > maxEarlyBytes) this.#terminate('too many bytes before rsync has begun');
  };

  #terminate(reason: string): void {
    this.stop(reason);
    this.#socket.terminate();
  }

  get part(): string | undefined {
    return this.#options.part;
  }

  get isClosing(): boolean {
    return this.#stopReason !== undefined || this.#socket.readyState !== socketState.open;
  }

  stop(reason: string, fault?: 'refused'): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    if (fault === 'refused') this.#stopCode = refusedClosure;
    if (this.#child === undefined) return this.#onEnded(null, null);
    this.#signalGroup('SIGTERM');
    this.#timers.push(setTimeout(() => this.#kill(), this.#options.limits.killGraceMs));
  }

  #kill(): void {
    this.#signalGroup('SIGKILL');
    // Output that its client never reads would keep the 'close' event from being emitted.
    this.#child?.stdout.destroy();
  }

  #onSocketClosed(code: number): void {
    this.#liveness?.stop();
    if (code !== normalClosure || this.#child === undefined) return this.stop(`the client closed with ${code}`);
    this.#child.stdin.end();
    const timer = setTimeout(
      () => this.stop('rsync did not end after its client had closed'),
      this.#options.limits.closeGraceMs,
    );
    this.#timers.push(timer);
  }

  #onEnded(code: number | null, signal: NodeJS.Signals | null): void {
    this.#ended.resolve();
    this.#liveness?.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    // rsync forks. This ends what its main process left behind.
    this.#signalGroup('SIGKILL');
    const outcome = { code, signal, received: this.received, sent: this.#sent };
    const reason = this.#stopReason ?? abnormalEnd(code, signal);
    this.succeeded = reason === undefined && code === 0;
    if (this.succeeded) this.#options.log.info(outcome, 'rsync ended');
    else this.#options.log.warn({ ...outcome, reason, stderr: this.#stderr }, 'rsync failed');
    if (this.#socket.readyState !== socketState.open) return;
    // Frames are sent in order, so all of rsync's output precedes the close. An rsync that exited by itself has already
    // reported any error to its client.
    if (reason === undefined) this.#socket.close(normalClosure, code === 0 ? '' : `rsync exited with ${code}`);
    else
      this.#socket.close(
        this.#stopCode,
        Buffer.from(reason)
          .subarray(0, maxReasonBytes)
          .toString()
          .replace(/\ufffd$/, ''),
      );
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
}

/** The reason why rsync ended without an exit code; undefined if it has one. */
function abnormalEnd(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (code !== null) return undefined;
  return signal === null ? 'rsync could not be started' : `${signal} ended rsync`;
}

/** Throws if the process has no streams, because the system has no descriptor or memory left. */
function startDaemon({ command, configFile }: RsyncRunOptions): ChildProcessWithoutNullStreams {
  const child = spawn(command, ['--server', '--daemon', `--config=${configFile}`, '.'], {
    // The user's popt aliases, variables and locale would change what rsync does. /dev/null has no file with aliases.
    env: { PATH: process.env['PATH'] ?? '', HOME: '/dev/null', LC_ALL: 'C.UTF-8' },
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (hasStreams(child)) return child;
  // Without a listener, the event that follows would end the server.
  child.once('error', () => undefined);
  throw new Error('the system has no file descriptor left for rsync');
}

/** Node's types do not show that a process that could not be started may have no streams. */
function hasStreams({ stdout }: { stdout: unknown }): boolean {
  return stdout !== undefined && stdout !== null;
}

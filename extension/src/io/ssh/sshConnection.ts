import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import { Multiplexer } from '../../../../server/src/contract/channels/multiplexer';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { ServerConnection } from '../api/serverConnection';
import { readGreeting } from './readGreeting';
import type { SshAddress } from '../api/sshAddress';
import { sshArguments } from './sshArguments';
import { sshFailure } from './sshFailure';
import type { SshQuestions } from './sshQuestion';

export interface SshOptions {
  /** The name of this machine in the history, for a server that gives the key no other. */
  readonly name: string;
  /** The ssh command. */
  readonly command?: string;
  readonly questions?: {
    /** Whether the user waits for the connection. */
    readonly areWelcome: boolean;
    /** Opens a way to ask the user. */
    open(): Promise<SshQuestions>;
  };
}

type Ssh = ChildProcessByStdio<Writable, Readable, Readable>;

interface Attempt {
  readonly channels: Multiplexer;
  readonly mayAsk: boolean;
  /** Never rejects. */
  readonly fault: Promise<PalmtreeError | undefined>;
  /** The calls of `ready` that wait for it. */
  callers: number;
}

/** The time for a connection, without questions that wait, and for the start of the server there, in milliseconds. */
const batchMs = 45_000;
/** The interval of pings in milliseconds: a dead line is noticed before ServerAliveInterval does. */
const pingMs = 10_000;
/** A connection without a channel ends after this. */
const idleMs = 60_000;
/** The time in which the last words of an ssh that has ended arrive, in milliseconds. */
const lastWordsMs = 1_000;
const maxStderrChars = 8_192;
const closedHere = 'it was closed here';
/** The user's answer may cure these. */
const askable: ReadonlySet<string> = new Set(['ssh_denied', 'ssh_host_unknown']);

/**
 * One ssh to a server, which carries all requests and rsyncs of this process. It starts when it is needed, and again after a
 * cut. ssh is the user's own, with its configuration, agent and known hosts.
 */
export class SshConnection implements ServerConnection {
  readonly url: string;
  readonly #address: SshAddress;
  readonly #options: SshOptions;
  #attempt: Attempt | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(address: SshAddress, options: SshOptions) {
    this.#address = address;
    this.#options = options;
    this.url = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}`;
  }

  async ready(signal?: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      const attempt = await this.#begun();
      const fault = await this.#outcome(attempt, signal);
      if (fault === undefined) return;
      // The user may have come while an attempt that could not ask was in progress.
      const isAnswerable = askable.has(fault.code) && !attempt.mayAsk && this.#options.questions?.areWelcome === true;
      if (!isAnswerable || tries > 1) throw fault;
    }
  }

  openSocket(): Duplex {
    const { channels } = this.#attempt ?? this.#start(undefined);
    clearTimeout(this.#idleTimer);
    const channel = channels.open();
    channel.once('close', () => this.#watchIdleness(channels));
    return channel;
  }

  /** Ends the connection for good. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    this.#attempt?.channels.close(this.#lost(closedHere));
  }

  /** Cancels the attempt if its last caller stops waiting and it has no channel: then ssh asks nobody any more. */
  async #outcome(attempt: Attempt, signal: AbortSignal | undefined): Promise<PalmtreeError | undefined> {
    attempt.callers++;
    try {
      return await settled(attempt.fault, signal);
    } catch (error) {
      const isLast = attempt.callers === 1 && attempt.channels.channelCount === 0;
      if (isLast && error instanceof PalmtreeError) attempt.channels.close(error);
      throw error;
    } finally {
      attempt.callers--;
    }
  }

  /** The attempt in progress, or a new one, which may ask if the user is there. */
  async #begun(): Promise<Attempt> {
    if (this.#attempt !== undefined) return this.#attempt;
    const { questions } = this.#options;
    // Without a way to ask, ssh connects if it needs to ask nothing.
    const opened = questions?.areWelcome === true ? await questions.open().catch(() => undefined) : undefined;
    if (this.#attempt === undefined) return this.#start(opened);
    opened?.close();
    return this.#attempt;
  }

  #start(questions: SshQuestions | undefined): Attempt {
    const { name, command = 'ssh' } = this.#options;
    const mayAsk = questions !== undefined;
    const args = sshArguments({ address: this.#address, name, mayAsk });
    const child: Ssh = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Windows then gives it no console: it could not ask there.
      windowsHide: questions?.isOnTerminal !== true,
      env: { ...process.env, ...questions?.environment },
    });
    const channels = new Multiplexer({ pingMs });
    const fault = this.#connect(child, channels, questions).finally(() => questions?.close());
    const attempt = { channels, mayAsk, fault, callers: 0 };
    this.#attempt = attempt;
    const forget = (): void => {
      if (this.#attempt === attempt) this.#attempt = undefined;
    };
    void channels.closed.then(() => {
      forget();
      child.stdin.destroy();
      child.kill();
    });
    if (this.#isClosed) channels.close(this.#lost(closedHere));
    return attempt;
  }

  /** Resolves when the server has greeted, or with the reason why it does not. */
  async #connect(
    child: Ssh,
    channels: Multiplexer,
    questions: SshQuestions | undefined,
  ): Promise<PalmtreeError | undefined> {
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-maxStderrChars)));
    child.stdin.on('error', () => undefined);
    const ended = endOf(child).then((end) => {
      if (end instanceof Error) return this.#notStarted(end);
      return sshFailure({ address: this.#address.href, exitCode: end, stderr });
    });
    const begun = performance.now();
    const timer = setTimeout(() => {
      if (questions !== undefined && questions.idleMs() < batchMs) timer.refresh();
      else channels.close(this.#silent(performance.now() - begun));
    }, batchMs);
    const greeted = readGreeting(child.stdout, this.#address.href);
    const first = await Promise.race([
      greeted,
      ended,
      channels.closed.then((error) => error ?? this.#lost('it ended')),
    ]);
    clearTimeout(timer);
    // The words that ssh leaves with come just after the end of its output.
    const fault = first === 'ended' ? await ended : first;
    if (fault instanceof Error) {
      const given = isPalmtreeError(fault) ? fault : this.#lost(fault.message);
      const known = questions?.wasCancelled ? new PalmtreeError('cancelled', 'the user gave ssh no answer') : given;
      channels.close(known);
      return known;
    }
    channels.start(child.stdout, child.stdin);
    void ended.then((end) => channels.close(this.#lost(end.details.reason)));
    return undefined;
  }

  #watchIdleness(channels: Multiplexer): void {
    if (channels !== this.#attempt?.channels || channels.channelCount > 0) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (channels.channelCount === 0) channels.close();
    }, idleMs);
    this.#idleTimer.unref();
  }

  #notStarted(error: NodeJS.ErrnoException): PalmtreeError {
    const isMissing = error.code === 'ENOENT';
    return new PalmtreeError(isMissing ? 'ssh_missing' : 'ssh_failed', `ssh did not start: ${error.message}`, {
      cause: error,
      details: { subject: this.#address.href, reason: error.message },
    });
  }

  #silent(ms: number): PalmtreeError {
    return new PalmtreeError('no_response', 'ssh was not connected in time', {
      details: { subject: this.#address.href, silenceMs: ms },
    });
  }

  #lost(reason = ''): PalmtreeError {
    return new PalmtreeError('connection_lost', `the ssh connection: ${reason}`, {
      details: { subject: this.#address.href, reason },
    });
  }
}

/** The exit code, or the error if the process did not start. */
function endOf(child: Ssh): Promise<number | null | Error> {
  return new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code) => {
      if (child.stderr.closed) return resolve(code);
      // Another process may keep it open.
      const timer = setTimeout(() => resolve(code), lastWordsMs);
      child.stderr.once('close', () => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  });
}

async function settled<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new PalmtreeError('cancelled', 'cancelled while ssh connected'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

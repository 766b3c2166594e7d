import { spawn, type ChildProcess } from 'node:child_process';
import { rsyncFault } from './rsyncProbe';

const killGraceMs = 3_000;
const stderrTailChars = 4_000;

export interface RsyncRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The content of stdin, or the descriptor of an open file. */
  readonly input: string | number;
  readonly password: string;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string, stream: 'stdout' | 'stderr') => void;
}

export interface RsyncExit {
  readonly code: number | NodeJS.Signals;
  readonly stderr: string;
}

/**
 * Runs rsync and resolves when it has ended, whatever its exit code. An abort sends SIGINT to its process group, and
 * SIGKILL 3 s later. Throws rsync_missing or rsync_unusable if it cannot be started.
 */
export function runRsync(run: RsyncRun): Promise<RsyncExit> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, [...run.args], {
      cwd: run.cwd,
      env: environment(run.password),
      shell: false,
      stdio: [typeof run.input === 'number' ? run.input : 'pipe', 'pipe', 'pipe'],
      // A process group of its own: rsync forks, and a cancellation has to reach all of its processes.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let stderr = '';
    let hasFailed = false;
    let killTimer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      signalGroup(child, 'SIGINT');
      killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), killGraceMs);
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => run.onOutput(text, 'stdout'));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-stderrTailChars);
      run.onOutput(text, 'stderr');
    });
    // An rsync that ends early closes its stdin. The reason is its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(run.input);
    child.once('error', (error: NodeJS.ErrnoException) => {
      run.signal.removeEventListener('abort', onAbort);
      hasFailed = true;
      void rsyncFault(run.command, error.code === 'ENOENT' ? 'missing' : 'failed', error).then(reject);
    });
    child.once('close', (code, signal) => {
      clearTimeout(killTimer);
      run.signal.removeEventListener('abort', onAbort);
      if (!hasFailed) resolve({ code: code ?? signal ?? 'SIGKILL', stderr });
    });
    if (run.signal.aborted) onAbort();
    else run.signal.addEventListener('abort', onAbort);
  });
}

/**
 * Signals the whole group, even after the main process has ended: forked processes can outlive it and keep its output
 * open.
 */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The only variables that rsync gets: the user's ~/.popt, RSYNC_* variables and locale would change what it does. */
function environment(password: string): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(process.platform === 'win32' ? { SystemRoot, TEMP } : {}),
    HOME: '',
    LC_ALL: 'C.UTF-8',
    RSYNC_PASSWORD: password,
  };
}

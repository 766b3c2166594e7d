import { EventEmitter } from 'node:events';
import { announce, computerOf } from './simulatedDisk';

/** `node:child_process` with `sync -f`, the only program that Palmtree starts when rsync is simulated. */
export function simulatedProcesses(): Record<string, unknown> {
  const execFile = (
    command: string,
    args: readonly string[],
    done: (error: Error | null, output: { stdout: string; stderr: string }) => void,
  ): void => {
    const error = run(command, args);
    queueMicrotask(() => done(error ?? null, { stdout: '', stderr: '' }));
  };
  const spawn = (command: string, args: readonly string[]): EventEmitter => {
    const child = new EventEmitter();
    const error = run(command, args);
    setImmediate(() => child.emit('close', error === undefined ? 0 : 1));
    return child;
  };
  return { execFile, spawn, default: { execFile, spawn } };
}

function run(command: string, args: readonly string[]): Error | undefined {
  if (command !== 'sync') throw new Error(`${command} is not simulated`);
  const folder = args.at(-1) ?? '';
  try {
    announce(folder, 'flush');
    computerOf(folder)?.flushed();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { connectToControlSocket } from '../administration/controlSocket';
import { requestTask } from '../administration/requestTask';
import type { Task } from '../administration/task';
import { createServices } from '../app/services';
import { OperatorError } from '../errors';
import { tryLockDataFolder } from '../administration/dataFolderLock';
import { openDataFolder } from './openDataFolder';

export interface TaskCommand {
  readonly dataFolder: string;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}

/** The time, in milliseconds, in which a server that starts opens its socket, and another command ends. */
const waitMs = 10_000;
const pauseMs = 100;

/**
 * Does a task in the server that runs on the data folder, or else in this process, which then keeps a server from starting
 * until the task is done. Throws OperatorError.
 */
export async function runTask<Options, Result>(
  command: TaskCommand,
  task: Task<Options, Result>,
  options: Options,
): Promise<Result> {
  const { dataFolder } = command;
  const deadline = performance.now() + waitMs;
  for (;;) {
    command.signal.throwIfAborted();
    const socket = await connectToControlSocket(dataFolder);
    if (socket !== undefined) {
      const result = await requestTask(socket, { ...command, name: task.name, options });
      return result as Result;
    }
    const lock = tryLockDataFolder(dataFolder);
    if (lock !== undefined) {
      try {
        return await runHere(command, task, options);
      } finally {
        lock.release();
      }
    }
    if (performance.now() > deadline) break;
    await delay(pauseMs);
  }
  const fix = 'Wait until it has started or is done, and run this command again.';
  throw new OperatorError(`A palmtree-server on ${dataFolder} is starting, or another command is running. ${fix}`);
}

async function runHere<Options, Result>(
  { dataFolder, version, signal, report }: TaskCommand,
  task: Task<Options, Result>,
  options: Options,
): Promise<Result> {
  const database = await openDataFolder(dataFolder);
  try {
    const log = pino({ base: null, level: 'warn' }, process.stderr);
    const services = createServices({ database, dataFolder, rsync: 'rsync', log, version });
    try {
      await services.uploaded.restore();
      return await task.run({ services, database, dataFolder, signal, report }, options);
    } finally {
      await services.tokenWatch.stop();
      await services.sessions.removalsDone();
    }
  } finally {
    await database.destroy();
  }
}

import type { Command } from 'commander';
import type { Task } from '../administration/task';
import { OperatorError } from '../errors';
import { defaultDataFolder, existingDataFolder } from './dataFolder';
import { runTask } from './runTask';

export interface TaskOptions {
  readonly data: string;
}

/** Runs a task for a command with `taskOptions`. */
export type TaskRunner = <Options, Result>(
  command: TaskOptions,
  task: Task<Options, Result>,
  options: Options,
) => Promise<Result>;

export function taskOptions(command: Command): Command {
  return command.option('--data <folder>', 'the data folder', defaultDataFolder);
}

/** The first SIGINT or SIGTERM cancels the task at its next safe point, the second one ends the command at once. */
export function taskRunner(version: string): TaskRunner {
  return async ({ data }, task, options) => {
    const cancel = new AbortController();
    const onSignal = (): void => {
      if (cancel.signal.aborted) process.exit(130);
      cancel.abort(new OperatorError('The command was cancelled.'));
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    try {
      const command = { dataFolder: existingDataFolder(data), version, signal: cancel.signal, report };
      return await runTask(command, task, options);
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  };
}

/** On stderr, so that the result can be piped. */
function report(progress: string): void {
  process.stderr.write(`${progress}\n`);
}

import type { Command } from 'commander';
import type { Task } from '../administration/task';
import { cancelOnSignal } from './cancelOnSignal';
import { dataOption, existingDataFolder, type DataOption } from './dataFolder';
import { runTask } from './runTask';

export type TaskOptions = DataOption;

/** Runs a task for a command with `taskOptions`. */
export type TaskRunner = <Options, Result>(
  command: TaskOptions,
  task: Task<Options, Result>,
  options: Options,
) => Promise<Result>;

export function taskOptions(command: Command): Command {
  return command.addOption(dataOption());
}

export function taskRunner(version: string): TaskRunner {
  return ({ data }, task, options) =>
    cancelOnSignal((signal) => {
      return runTask({ dataFolder: existingDataFolder(data), version, signal, report }, task, options);
    });
}

/** On stderr, so that the result can be piped. */
function report(progress: string): void {
  process.stderr.write(`${progress}\n`);
}

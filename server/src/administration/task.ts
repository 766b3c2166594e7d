import type { Services } from '../app/services';
import type { Database } from '../database/openDatabase';

/** The open data folder that a task works on. */
export interface TaskEnvironment {
  readonly services: Services;
  readonly database: Database;
  readonly dataFolder: string;
}

export interface TaskContext extends TaskEnvironment {
  /** Aborted when the administrator cancels or the server stops. The task then throws at the next safe point. */
  readonly signal: AbortSignal;
  /** Tells the administrator in a sentence how far the task is. */
  readonly report: (progress: string) => void;
}

/**
 * Work for an administrator. It runs in the server if there is one, or else in the command. Options and result are JSON.
 * Throws OperatorError for what the administrator can fix.
 */
export interface Task<Options, Result> {
  readonly name: string;
  run(context: TaskContext, options: Options): Promise<Result>;
}

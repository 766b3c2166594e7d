import { abortMerge, type AbortedMerge } from '../conflicts/abortMerge';
import type { ActiveMerge } from '../conflicts/activeMerge';
import { endedMerges } from '../conflicts/endedMerges';
import { finishMerge, type FinishedMerge } from '../conflicts/finishMerge';
import { startMerge, type MergeSides } from '../conflicts/startMerge';
import { writeMerge } from '../conflicts/writeMerge';
import type { Reporter } from '../ports/serverBinding';
import type { CommandContext, LocalContext } from '../replica/commandContext';
import type { ApplyOptions } from '../transfer/applyStaged';
import type { OperationQueue } from './operationQueue';

export interface FolderMergesDeps {
  readonly local: Omit<LocalContext, 'reporter'>;
  readonly operations: OperationQueue;
  /** Runs a command that needs the server, and shows its progress. */
  readonly run: <T>(reporter: Reporter, command: (context: CommandContext) => Promise<T>) => Promise<T>;
  /** Runs one operation after all earlier ones, and shows its result. */
  readonly operate: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** The merges of one folder's conflicts in an editor. */
export class FolderMerges {
  readonly #deps: FolderMergesDeps;

  constructor(deps: FolderMergesDeps) {
    this.#deps = deps;
  }

  start(reporter: Reporter, path: string): Promise<MergeSides> {
    return this.#deps.run(reporter, (context) => startMerge(context, path));
  }

  /** Puts the text of a merge that `start` returned into the file, where no editor shows it. */
  write(reporter: Reporter, sides: MergeSides): Promise<void> {
    const { local, operate } = this.#deps;
    return operate(() => writeMerge({ ...local, reporter }, sides), reporter.signal);
  }

  finish(reporter: Reporter, merge: ActiveMerge): Promise<FinishedMerge> {
    return this.#deps.run(reporter, (context) => finishMerge(context, merge));
  }

  /** Works without a server. Returns the backup of the unfinished result. */
  abort(reporter: Reporter, merge: AbortedMerge, options?: ApplyOptions): Promise<string | undefined> {
    const { local, operate } = this.#deps;
    return operate(() => abortMerge({ ...local, reporter }, { ...merge, ...options }), reporter.signal);
  }

  /** Returns the paths of the merges that something else has ended. */
  ended(merges: readonly ActiveMerge[]): Promise<string[]> {
    const { local, operations } = this.#deps;
    return operations.inTurn(() => endedMerges(local.replica, merges));
  }
}

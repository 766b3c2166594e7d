import type { Replica } from '../replica/replica';
import type { OperationQueue } from './operationQueue';
import type { SyncStatus } from './syncStatus';

/** A watcher reports one save in several events; they are scanned together. */
const delayMs = 5;

export interface FileEventsDeps {
  readonly replica: Replica;
  readonly operations: OperationQueue;
  readonly status: SyncStatus;
  readonly onDefect: (error: unknown) => void;
}

/** Scans the paths that a file watcher reports. Its events are hints: the scan finds what changed. */
export class FileEvents {
  readonly #deps: FileEventsDeps;
  /** The paths that were reported and are not scanned yet. */
  #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: FileEventsDeps) {
    this.#deps = deps;
  }

  add(paths: Iterable<string>): void {
    for (const path of paths) this.#paths.add(path);
    this.#timer ??= setTimeout(() => this.#scan(), delayMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #scan(): void {
    this.#timer = undefined;
    const only = [...this.#paths];
    this.#paths = new Set();
    const { replica, operations, status, onDefect } = this.#deps;
    const { lifetime } = operations;
    // In turn, but without the lock: a scan saves nothing that another window relies on.
    operations
      .inTurn(async () => {
        const effect = await replica.scan({ only, signal: lifetime });
        await status.refresh(replica.states.afterScan(status.knownStates, effect));
      })
      .catch((error: unknown) => {
        if (!lifetime.aborted) onDefect(error);
      });
  }
}

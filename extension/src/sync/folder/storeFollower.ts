import { isPalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';
import type { OperationQueue } from './operationQueue';
import type { SyncStatus } from './syncStatus';

export interface StoreFollowerDeps {
  readonly store: Pick<Store, 'watch'>;
  readonly operations: OperationQueue;
  readonly status: SyncStatus;
  readonly onDefect: (error: unknown) => void;
}

/** Shows what another window has saved, after the running operation. */
export class StoreFollower {
  readonly #deps: StoreFollowerDeps;
  readonly #endWatch: () => void;
  #isQueued = false;

  constructor(deps: StoreFollowerDeps) {
    this.#deps = deps;
    this.#endWatch = deps.store.watch(() => this.#follow());
  }

  dispose(): void {
    this.#endWatch();
  }

  #follow(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    const { operations, status, onDefect } = this.#deps;
    const { lifetime } = operations;
    operations
      .inTurn(async () => {
        this.#isQueued = false;
        if (await operations.refresh()) await status.refresh();
      })
      .catch((error: unknown) => {
        if (!lifetime.aborted && !isPalmtreeError(error)) onDefect(error);
      });
  }
}

import type { Store } from '../../io/store/storePort';
import type { OperationQueue } from './operationQueue';

export interface FolderPauseDeps {
  readonly store: Pick<Store, 'state' | 'save'>;
  readonly operations: OperationQueue;
  readonly onChange: () => void;
}

/** The pause of a folder's automation, which lasts until the user ends it, in every window. */
export class FolderPause {
  readonly #deps: FolderPauseDeps;
  /** The user's last wish, until it is saved. */
  #wish: boolean | undefined;

  constructor(deps: FolderPauseDeps) {
    this.#deps = deps;
  }

  get isAutomationPaused(): boolean {
    return this.#wish ?? this.#deps.store.state.isAutomationPaused;
  }

  /** Takes effect at once, and resolves when it is durable. Throws what saving the store throws, with the former state back. */
  async set(isPaused: boolean): Promise<void> {
    const { store, operations, onChange } = this.#deps;
    this.#wish = isPaused;
    onChange();
    try {
      await operations.inTurn(() =>
        operations.exclusively(async () => {
          const before = store.state.isAutomationPaused;
          store.state.isAutomationPaused = isPaused;
          try {
            await store.save();
          } catch (error) {
            store.state.isAutomationPaused = before;
            throw error;
          }
        }),
      );
    } finally {
      if (this.#wish === isPaused) this.#wish = undefined;
      onChange();
    }
  }
}

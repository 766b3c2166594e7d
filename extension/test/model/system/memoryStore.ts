import type { Store, StoredState } from '../../../src/io/store/storePort';
import { StoredMap } from '../../../src/io/entries/storedMap';
import { asStoreError } from '../../../src/io/store/storeError';
import { emptyState } from '../../../src/io/store/storeState';
import { Crash, type Computer } from '../disk/computer';

/** A store in memory. Saved data survives a crash; a save happens completely or not at all. */
export class MemoryStore implements Store {
  readonly state: StoredState;
  readonly setAside = undefined;
  readonly #computer: Computer;
  #saved: StoredState;

  constructor(computer: Computer, saved: StoredState = emptyState()) {
    this.#computer = computer;
    this.#saved = saved;
    this.state = copyOf(saved);
  }

  /** The state that the next process finds. */
  get saved(): StoredState {
    return this.#saved;
  }

  refresh(): Promise<boolean> {
    return Promise.resolve(false);
  }

  watch(): () => void {
    return () => undefined;
  }

  async save(): Promise<void> {
    try {
      this.#computer.call('write');
      this.#computer.call('flush');
    } catch (error) {
      throw error instanceof Crash ? error : asStoreError(error, 'memory');
    }
    this.#saved = copyOf(this.state);
  }

  rest(): void {}

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

function copyOf(state: StoredState): StoredState {
  return {
    ...state,
    binding: state.binding && { ...state.binding },
    mounts: new Map(state.mounts),
    rules: copyOfMap(state.rules),
    ancestor: copyOfMap(state.ancestor),
    unappliedRemote: copyOfMap(state.unappliedRemote),
    observations: copyOfMap(state.observations),
  };
}

function copyOfMap<T>(map: ReadonlyMap<string, T>): StoredMap<T> {
  const copy = new StoredMap<T>();
  for (const [path, value] of map) copy.set(path, value);
  return copy;
}

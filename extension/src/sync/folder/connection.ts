import { PalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';
import type { ServerBinding } from '../ports/serverBinding';
import type { Binding } from '../ports/syncState';

/**
 * The tree that this window has bound a folder to. The store's binding is the windows' common one.
 * Invariant: what one tree answered is never stored as agreed with another, should another window have rebound.
 */
export class Connection {
  readonly #store: Pick<Store, 'state'>;
  #remote: ServerBinding | undefined;
  #binding: Binding | undefined;

  constructor(store: Pick<Store, 'state'>) {
    this.#store = store;
  }

  set(remote: ServerBinding | undefined, binding: Binding | undefined): void {
    this.#remote = remote;
    this.#binding = binding;
  }

  /** This window is bound, whether or not another has rebound the folder since. */
  get isMade(): boolean {
    return this.#remote !== undefined;
  }

  get remote(): ServerBinding | undefined {
    return sameBinding(this.#store.state.binding, this.#binding) ? this.#remote : undefined;
  }

  /** Throws not_connected. */
  require(): ServerBinding {
    const { remote } = this;
    if (remote !== undefined) return remote;
    throw new PalmtreeError('not_connected', 'no server is connected');
  }
}

export function sameBinding(a: Binding | undefined, b: Binding | undefined): boolean {
  return a?.server === b?.server && a?.tree === b?.tree;
}

import { PalmtreeError } from '../../errors';
import type { StoredState } from '../../io/store/storePort';
import type { ServerBinding } from '../ports/serverBinding';
import type { Binding } from '../ports/syncState';

/**
 * The server and the tree that this window has bound the folder to. The stored binding is shared by all windows.
 * Invariant: if another window rebinds the folder, this window stops syncing: it must not store the state of one tree as
 * that of another.
 */
export class Connection {
  readonly #stored: Pick<StoredState, 'binding'>;
  #server: ServerBinding | undefined;
  #binding: Binding | undefined;

  constructor(stored: Pick<StoredState, 'binding'>) {
    this.#stored = stored;
  }

  /** Binds this window and the stored state. True if the stored state was bound to another tree before, or to none. */
  bind(server: ServerBinding | undefined, binding: Binding | undefined): boolean {
    this.#server = server;
    this.#binding = binding;
    if (binding === undefined || sameBinding(this.#stored.binding, binding)) return false;
    this.#stored.binding = binding;
    return true;
  }

  /** Whether this window is bound; another one may have rebound the folder since. */
  get isBound(): boolean {
    return this.#server !== undefined;
  }

  /** Undefined if this window is not bound, or if another one has rebound the folder since. */
  get server(): ServerBinding | undefined {
    return sameBinding(this.#stored.binding, this.#binding) ? this.#server : undefined;
  }

  /** Throws not_connected. */
  require(): ServerBinding {
    const { server } = this;
    if (server !== undefined) return server;
    throw new PalmtreeError('not_connected', 'no server is connected');
  }
}

function sameBinding(a: Binding | undefined, b: Binding | undefined): boolean {
  return a?.server === b?.server && a?.tree === b?.tree;
}

import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { HeldAnswer } from '../../io/store/storePort';
import type { FolderStates } from '../replica/pathStateCache';
import type { Replica } from '../replica/replica';

export interface FolderHeldDeps {
  readonly replica: Replica;
  readonly status: { readonly pathStates: FolderStates };
  readonly operate: (work: () => Promise<void>) => Promise<void>;
}

/** The files of others that a pull leaves on the server until the user decides. */
export class FolderHeld {
  readonly #deps: FolderHeldDeps;

  constructor(deps: FolderHeldDeps) {
    this.#deps = deps;
  }

  /** Undefined if `path` is not held, or if the user has decided to leave it on the server. */
  at(path: string): HeldPath | undefined {
    return this.#deps.status.pathStates.held.get(path);
  }

  /** The names of the other tokens that push to the tree; undefined if the server does not say. */
  get otherWriters(): readonly string[] | undefined {
    return this.#deps.replica.consent.otherWriters;
  }

  /** Whether the file at `path` is synced, so that its content may have come from another machine. */
  isShared(path: string): boolean {
    const { ancestor, local, rules } = this.#deps.replica;
    return ancestor.entries.has(path) || local.observations.has(path) || rules.all.get(path)?.effect === 'track';
  }

  /** Remembers the answer for the kinds of these paths: the user is asked once for each kind of a tree. */
  decide(held: readonly HeldPath[], answer: HeldAnswer): Promise<void> {
    const { replica, operate } = this.#deps;
    return operate(async () => {
      replica.consent.decide(new Set(held.flatMap(({ kinds }) => kinds)), answer);
      await replica.save();
    });
  }

  /** Holds what the user has decided to leave on the server, until the user decides again. */
  reconsider(): Promise<void> {
    const { replica, operate } = this.#deps;
    return operate(async () => {
      replica.consent.reconsider();
      await replica.save();
    });
  }
}

import type { PathHistory, RevisionDetail, RevisionList } from '../../../../server/src/contract/history';
import type { Entry } from '../../core/entry';
import { isPalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';
import { ancestorContent } from '../content/ancestorContent';
import type { Connection } from '../ports/connection';

/** Reads what a tree was: the server's history, and what both sides agreed on last. None of it changes anything. */
export class TreeHistory {
  readonly #root: string;
  readonly #store: Pick<Store, 'state'>;
  readonly #connection: Connection;

  constructor(root: string, store: Pick<Store, 'state'>, connection: Connection) {
    this.#root = root;
    this.#store = store;
    this.#connection = connection;
  }

  /** A page of the tree's revisions, newest first: those before `before`, where it is given. */
  async revisions(before?: number, signal?: AbortSignal): Promise<RevisionList> {
    const { client, tree } = this.#connection.require();
    return client.revisions(tree, before, signal);
  }

  /** What `revision` changed. Throws revision_not_found. */
  async revisionDetail(revision: number, signal?: AbortSignal): Promise<RevisionDetail> {
    const { client, tree } = this.#connection.require();
    return client.revision(tree, revision, signal);
  }

  /** A page of the versions of one path, newest first: those before revision `before`, where it is given. */
  async history(path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    const { client, tree } = this.#connection.require();
    return client.history(tree, path, before, signal);
  }

  /** Every path that stood in `revision`, sorted. Throws revision_not_found. */
  async pathsAt(revision: number): Promise<string[]> {
    const { client, tree } = this.#connection.require();
    const { changes } = await client.compare(tree, 0, revision);
    return changes.map(({ path }) => path);
  }

  /** What the server has at `path` in `revision`; empty where it has nothing. */
  async serverContent(path: string, revision: number): Promise<Uint8Array> {
    if (revision === 0) return new Uint8Array();
    const { client, tree } = this.#connection.require();
    try {
      return await client.content(tree, path, revision);
    } catch (error) {
      if (isPalmtreeError(error, 'not_found')) return new Uint8Array();
      throw error;
    }
  }

  /** What both sides agreed on last at `path`, where that is something. */
  ancestorEntry(path: string): Entry | undefined {
    return this.#store.state.ancestor.get(path);
  }

  /** What both sides agreed on last at `path`; empty where that is nothing. See `agreedContent`. */
  async ancestorContent(path: string): Promise<Uint8Array> {
    const entry = this.ancestorEntry(path);
    if (entry === undefined) return new Uint8Array();
    return ancestorContent(this.#root, entry, () => this.#connection.require(), this.#store.state.revision);
  }
}

import type { PathHistory, RevisionDetail, RevisionList } from '../../../../server/src/contract/history';
import type { Entry } from '../../core/entry';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { historicalContent } from '../content/historicalContent';
import { localContent } from '../content/localContent';
import type { Connection } from '../ports/connection';
import type { Replica } from '../replica/replica';

/** Reads earlier states of a tree: the server's history, and the ancestor. */
export class TreeHistory {
  readonly #replica: Replica;
  readonly #connection: Connection;

  constructor(replica: Replica, connection: Connection) {
    this.#replica = replica;
    this.#connection = connection;
  }

  /** A page of the tree's revisions, newest first, or of those before `before`. */
  async revisions(before?: number, signal?: AbortSignal): Promise<RevisionList> {
    const { client, tree } = this.#connection.require();
    return client.revisions(tree, before, signal);
  }

  /** The changes of a revision. Throws revision_not_found. */
  async revisionDetail(revision: number, signal?: AbortSignal): Promise<RevisionDetail> {
    const { client, tree } = this.#connection.require();
    return client.revision(tree, revision, signal);
  }

  /** A page of the versions of one path, newest first, or of those before revision `before`. */
  async versions(path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    const { client, tree } = this.#connection.require();
    return client.history(tree, path, before, signal);
  }

  /** The paths of all files in a revision, sorted. Throws revision_not_found. */
  async pathsAt(revision: number): Promise<string[]> {
    const { client, tree } = this.#connection.require();
    const { changes } = await client.compare(tree, 0, revision);
    return changes.map(({ path }) => path);
  }

  /** The server's content of `path` in `revision`; empty if it has no such file. */
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

  ancestorEntry(path: string): Entry | undefined {
    return this.#replica.ancestor.entries.get(path);
  }

  ancestorHash(path: string): string | undefined {
    return this.ancestorEntry(path)?.hash;
  }

  /**
   * The content of the ancestor at `path`, or a symlink's target; empty if there is no ancestor. It is read from this disk
   * if the file there is unchanged, else from the server's history. Throws content_unavailable if neither has it.
   */
  async ancestorContent(path: string): Promise<Uint8Array> {
    const entry = this.ancestorEntry(path);
    if (entry === undefined) return new Uint8Array();
    const { hash, target } = entry;
    if (target !== undefined) return new TextEncoder().encode(target);
    const { root, ancestor } = this.#replica;
    const content =
      (await localContent(root, entry)) ??
      (await historicalContent(this.#connection.require(), { path, hash, revision: ancestor.revision }));
    if (content !== undefined) return content;
    throw new PalmtreeError(
      'content_unavailable',
      `neither this disk nor the history has ${path} with the hash ${hash}`,
      {
        details: { paths: [path] },
      },
    );
  }
}

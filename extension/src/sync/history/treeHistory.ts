import type { PathVersion, RevisionDetail, RevisionList } from '../../../../server/src/contract/history';
import type { Entry } from '../../core/entry';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { hadRemovedVersions, historicalContent } from '../content/historicalContent';
import { localContent } from '../content/localContent';
import type { Connection } from '../replica/connection';
import type { TreeClient } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { followedVersions, formerLocalPath, type FileVersions, type VersionPosition } from './fileVersions';
import { revisionChanges, type RevisionChanges } from './revisionChanges';

/** Reads earlier states of a tree: the server's history, and the ancestor. */
export class TreeHistory {
  readonly #replica: Replica;
  readonly #connection: Connection;
  readonly #onFailure: (error: unknown) => void;

  /** `onFailure` is called if a request to the server fails. */
  constructor(replica: Replica, connection: Connection, onFailure: (error: unknown) => void) {
    this.#replica = replica;
    this.#connection = connection;
    this.#onFailure = onFailure;
  }

  /** A page of the tree's revisions, newest first, or of those before `before`. */
  async revisions(before?: number, signal?: AbortSignal): Promise<RevisionList> {
    return this.#request(({ client, tree }) => client.revisions(tree, before, signal));
  }

  /** The changes of a revision. Throws revision_not_found. */
  async revisionDetail(revision: number, signal?: AbortSignal): Promise<RevisionDetail> {
    return this.#request(({ client, tree }) => client.revision(tree, revision, signal));
  }

  /** The changes of a revision, with renames found. Throws revision_not_found. */
  async revisionChanges(revision: number, signal?: AbortSignal): Promise<RevisionChanges> {
    return revisionChanges((await this.revisionDetail(revision, signal)).changes);
  }

  /** The version of `path` in a revision; undefined if there is none. */
  async versionAt(path: string, revision: number): Promise<PathVersion | undefined> {
    const page = await this.#request(({ client, tree }) => client.history(tree, path, revision + 1));
    return page.versions[0];
  }

  /**
   * A page of the versions of a file, newest first, or of those after `last` in the list. They continue under the names
   * that the file had earlier.
   */
  async versions(path: string, last?: VersionPosition, signal?: AbortSignal): Promise<FileVersions> {
    const from = { path: last?.renamedFrom ?? last?.path ?? path, before: last?.revision };
    return this.#request(async (server) => {
      const page = await followedVersions(server, from, signal);
      if (last !== undefined || page.versions.length > 0) return page;
      const former = formerLocalPath(this.#replica, path);
      return former === undefined ? page : followedVersions(server, { path: former, before: undefined }, signal);
    });
  }

  /** The path that a file was renamed from on this disk since its last push. */
  formerLocalPath(path: string): string | undefined {
    return formerLocalPath(this.#replica, path);
  }

  /** The paths of all files in a revision that are left, sorted. Throws revision_not_found. */
  async pathsAt(revision: number): Promise<string[]> {
    const { changes } = await this.#request(({ client, tree }) => client.compare(tree, 0, revision));
    return changes.flatMap(({ path, afterRemoved }) => (afterRemoved === true ? [] : [path]));
  }

  /** The server's content of `path` in `revision`; empty if it has no such file. It is read from this disk if it is here. */
  async serverContent(path: string, revision: number): Promise<Uint8Array> {
    if (revision === 0) return new Uint8Array();
    const local = await this.#localContent(path, revision);
    if (local !== undefined) return local;
    try {
      return await this.#request(({ client, tree }) => client.content(tree, { path, revision }));
    } catch (error) {
      if (isPalmtreeError(error, 'not_found')) return new Uint8Array();
      throw error;
    }
  }

  /** The content of `path` in the newest known revision, if this disk has it. */
  async #localContent(path: string, revision: number): Promise<Uint8Array | undefined> {
    const { root, ancestor } = this.#replica;
    const entry = revision === ancestor.knownRevision ? ancestor.remote('known').get(path) : undefined;
    if (entry === undefined) return undefined;
    return entry.target === undefined ? localContent(root, entry) : new TextEncoder().encode(entry.target);
  }

  ancestorEntry(path: string): Entry | undefined {
    return this.#replica.ancestor.entries.get(path);
  }

  ancestorHash(path: string): string | undefined {
    return this.ancestorEntry(path)?.hash;
  }

  /**
   * The content of the ancestor at `path`, or a symlink's target; empty if there is no ancestor. It is read from this disk
   * if the file there is unchanged, else from the server's history. If neither has it, throws version_removed if retention
   * has removed versions of the path, else content_unavailable.
   */
  async ancestorContent(path: string): Promise<Uint8Array> {
    const entry = this.ancestorEntry(path);
    if (entry === undefined) return new Uint8Array();
    const { hash, size, target } = entry;
    if (target !== undefined) return new TextEncoder().encode(target);
    const { root, ancestor } = this.#replica;
    const { revision } = ancestor;
    const content =
      (await localContent(root, entry)) ??
      (await historicalContent(this.#connection.require(), { path, size, hash, revision }));
    if (content !== undefined) return content;
    const isRemoved = await hadRemovedVersions(this.#connection.require(), { path, revision });
    const code = isRemoved ? 'version_removed' : 'content_unavailable';
    throw new PalmtreeError(code, `neither this disk nor the history has ${path} with the hash ${hash}`, {
      details: { paths: [path] },
    });
  }

  async #request<T>(send: (server: TreeClient) => Promise<T>): Promise<T> {
    try {
      return await send(this.#connection.require());
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
  }
}

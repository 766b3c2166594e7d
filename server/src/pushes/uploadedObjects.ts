import type { Change } from '../contract/schemas';
import type { ContentPins } from '../objects/contentPins';
import type { Upload } from '../sessions/session';
import type { SessionStore, UploadedContent } from '../sessions/sessionStore';
import type { UnusedContents } from '../trees/unusedContents';
import type { InboxVerifiers } from './inbox/inboxVerifiers';
import type { PackInboxes } from './inbox/packInboxes';

export interface UploadedObjectsDeps {
  readonly sessions: SessionStore;
  readonly pins: ContentPins;
  readonly unused: UnusedContents;
  readonly inboxVerifiers: InboxVerifiers;
  readonly packInboxes: PackInboxes;
}

/**
 * The contents of open pushes. A push pins all that its revision will have, what it brings in as well as what the server told
 * the client that it has. When a push ends without a commit, what it brought in and nothing else uses is removed.
 */
export class UploadedObjects implements UploadedContent {
  readonly #deps: UploadedObjectsDeps;
  readonly #uploads = new Map<string, readonly string[]>();

  constructor(deps: UploadedObjectsDeps) {
    this.#deps = deps;
  }

  /** To be called before the server looks which contents of the push are stored. */
  pin(id: string, changes: readonly Change[]): void {
    this.#deps.pins.pin(id, contentsOf(changes));
  }

  /** To be called before any file of the push is stored. */
  declare(id: string, uploads: readonly Upload[]): void {
    this.#uploads.set(
      id,
      uploads.map(({ hash }) => hash),
    );
  }

  /** Pins the contents of the pushes that were open when the server stopped. To be called before the first request. */
  async restore(): Promise<void> {
    const { sessions, pins } = this.#deps;
    for (const { id, kind } of await sessions.list()) {
      if (kind !== 'push') continue;
      // A record that a power loss truncated cannot be committed, and its push stores nothing.
      const record = await sessions.pushRecord(id).catch(() => undefined);
      if (record === undefined) continue;
      // The changes lack those that the head had when a push with force began.
      pins.pin(id, [...contentsOf(record.changes), ...record.uploads.map(({ hash }) => hash)]);
      this.declare(id, record.uploads);
    }
  }

  /** The push is committed, so a revision has its objects. */
  committed(id: string): void {
    this.#uploads.delete(id);
    this.#deps.unused.unpinCommitted(id);
  }

  /** Removes what the push has brought in and nothing else uses. */
  async discard(id: string): Promise<void> {
    const { inboxVerifiers, packInboxes, unused } = this.#deps;
    await Promise.all([inboxVerifiers.discard(id), packInboxes.discard(id)]);
    await unused.remove(this.#uploads.get(id) ?? [], id);
    this.#uploads.delete(id);
  }
}

function* contentsOf(changes: readonly Change[]): Generator<string, undefined> {
  for (const change of changes) if (change.op === 'put' && change.kind === 'file') yield change.hash;
}

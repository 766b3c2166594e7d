import type { PushSession } from '../../../../server/src/contract/schemas';
import type { SentPush } from '../../io/api/client';
import { readText, writeText } from '../../io/fs/files';
import { removeAll } from '../../io/fs/folders';
import type { CommandContext } from '../replica/commandContext';
import { isResumable } from '../transfer/isResumable';

/** The session of an open push, in a file that outlives the window. */
interface RecordedPush {
  /** The server's address. */
  readonly server: string;
  readonly tree: string;
  readonly id: string;
}

/**
 * The open push of a command: its session on the server. A command that plans again begins another session, which resumes
 * the one before: what the server has received is not sent again. A push that was killed, or lost its connection, is
 * resumed in the same way by the folder's next push.
 * A commit whose response was lost is another thing: see `pendingCommit`.
 * Invariant: the record is only a hint. The server checks it, and each push is planned anew.
 */
export class OpenPush {
  readonly #context: CommandContext;
  readonly #isPartial: boolean;
  #id: string | undefined;
  /** Whether this command records its session; undefined until the record of an earlier push was read. */
  #isRecorded: boolean | undefined;

  /** `isPartial`: only some paths are pushed. Such a push does not take the place of one that stopped earlier. */
  constructor(context: CommandContext, { isPartial }: { readonly isPartial: boolean }) {
    this.#context = context;
    this.#isPartial = isPartial;
  }

  async begin(push: SentPush): Promise<PushSession> {
    const { server, reporter } = this.#context;
    const resume = await this.#earlierId();
    const packs = server.openPacker !== undefined;
    const request = { ...push, packs, ...(resume === undefined ? {} : { resume }) };
    reporter.step({ kind: 'awaitingServer' });
    const session = await server.client.beginPush(server.tree, request, reporter.signal);
    this.#id = session.id;
    await this.#record(session.id);
    return session;
  }

  /** To be called after the commit. */
  async committed(): Promise<void> {
    this.#id = undefined;
    await this.#forget();
  }

  /** Ends the session, if there is one. An error here must not hide an earlier one: the session expires by itself. */
  async end(): Promise<void> {
    const { server } = this.#context;
    const id = await this.#earlierId();
    if (id !== undefined) await server.client.endPush(server.tree, id).catch(() => undefined);
    await this.committed();
  }

  /** Ends the session after an error, unless the next push can resume it. */
  async leave(error: unknown): Promise<void> {
    if (this.#isRecorded !== true || !isResumable(error, this.#context.reporter.signal)) await this.end();
  }

  /** The id of this command's last session, or of a recorded one that it may resume. */
  async #earlierId(): Promise<string | undefined> {
    if (this.#isRecorded === undefined) {
      const recorded = await this.#read();
      this.#isRecorded = recorded === undefined || !this.#isPartial;
      if (this.#isRecorded) this.#id = recorded;
    }
    return this.#id;
  }

  async #record(id: string): Promise<void> {
    const { server, folders } = this.#context;
    if (this.#isRecorded !== true) return;
    const record: RecordedPush = { server: server.client.address, tree: server.tree, id };
    // A full disk must not stop the push.
    await writeText(folders.openPush, JSON.stringify(record)).catch(() => undefined);
  }

  async #forget(): Promise<void> {
    if (this.#isRecorded === true) await removeAll(this.#context.folders.openPush);
  }

  /** Undefined if the last push has ended, or was to another tree. */
  async #read(): Promise<string | undefined> {
    const { server, folders } = this.#context;
    try {
      const record = JSON.parse((await readText(folders.openPush)) ?? 'null') as RecordedPush | null;
      const isSameTree = record?.server === server.client.address && record.tree === server.tree;
      return isSameTree && typeof record.id === 'string' ? record.id : undefined;
    } catch {
      // A kill may leave the file incomplete.
      return undefined;
    }
  }
}

import type { PackStore } from '../../objects/packs/packStore';
import type { Run } from '../../rsync/run';
import type { PushRecord } from '../../sessions/session';
import type { RunObserver } from '../../sessions/rsyncRuns';
import type { SessionStore } from '../../sessions/sessionStore';
import { PackInbox } from './packInbox';
import { planOfRecord, type UploadPlan } from '../uploadPlan';

/** The packs of the pushes in progress. */
export class PackInboxes implements RunObserver {
  readonly #packs: PackStore;
  readonly #sessions: SessionStore;
  readonly #inboxes = new Map<string, PackInbox>();

  constructor(packs: PackStore, sessions: SessionStore) {
    this.#packs = packs;
    this.#sessions = sessions;
  }

  add(id: string, { packs }: UploadPlan): void {
    if (packs.length > 0) this.#inboxes.set(id, this.#inboxOf(id, packs));
  }

  onRunStarted(id: string, _run: Run): void {
    this.#inboxes.get(id)?.watch();
  }

  /** The hashes of the contents that the push's packs have brought, in this process or before the server was restarted. */
  async finish(id: string, push: PushRecord): Promise<ReadonlySet<string>> {
    const { packs } = planOfRecord(push);
    const inbox = this.#inboxes.get(id) ?? this.#inboxOf(id, packs);
    this.#inboxes.delete(id);
    return packs.length === 0 ? new Set() : inbox.finish();
  }

  /** Stores no more packs of an abandoned push. */
  async discard(id: string): Promise<void> {
    const inbox = this.#inboxes.get(id);
    this.#inboxes.delete(id);
    await inbox?.stop();
  }

  #inboxOf(id: string, lists: UploadPlan['packs']): PackInbox {
    return new PackInbox(this.#packs, { id, inbox: this.#sessions.filesFolderOf(id) }, lists);
  }
}

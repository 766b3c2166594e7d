import type { PathState } from '../../core/status/pathState';
import type { FolderSync } from '../folder/folderSync';

const outgoing: ReadonlySet<PathState | undefined> = new Set(['added', 'modified', 'deleted']);

/** Finds out which files of a folder a push has to send since they were looked at last. */
export class OutgoingChanges {
  readonly #sync: Pick<FolderSync, 'pathStates' | 'hashAt' | 'isUnchangedMerge'>;
  /** The outgoing paths that were returned, with the hash that each had; undefined where nothing was left. */
  readonly #taken = new Map<string, string | undefined>();
  #states: unknown;

  constructor(sync: Pick<FolderSync, 'pathStates' | 'hashAt' | 'isUnchangedMerge'>) {
    this.#sync = sync;
  }

  /**
   * The outgoing paths that are new or have another content than at the last call. Leaves out merged files until somebody has
   * changed them. Takes no time while no file changes.
   */
  take(): string[] {
    const { pathStates } = this.#sync;
    if (pathStates === this.#states) return [];
    this.#states = pathStates;
    for (const path of this.#taken.keys()) if (!outgoing.has(pathStates.get(path))) this.#taken.delete(path);
    const found: string[] = [];
    for (const [path, state] of pathStates) {
      if (!outgoing.has(state) || this.#sync.isUnchangedMerge(path)) continue;
      const hash = this.#sync.hashAt(path);
      if (this.#taken.has(path) && this.#taken.get(path) === hash) continue;
      this.#taken.set(path, hash);
      found.push(path);
    }
    return found;
  }
}

import type { Change } from '../../core/change';
import type { Entry } from '../../core/entry';
import type { StoredState } from '../../io/store/storePort';

/**
 * The files that pulls have merged, until somebody changes the result: automation does not push a text that nobody has seen. Every
 * window and process of the folder knows them. The only writer of the stored merges.
 */
export class UnchangedMerges {
  readonly #stored: Pick<StoredState, 'merged'>;
  readonly #files: ReadonlyMap<string, Pick<Entry, 'hash'>>;

  /** `files` has the contents as of the last scan. */
  constructor(stored: Pick<StoredState, 'merged'>, files: ReadonlyMap<string, Pick<Entry, 'hash'>>) {
    this.#stored = stored;
    this.#files = files;
  }

  has(path: string): boolean {
    const hash = this.#stored.merged.get(path);
    return hash !== undefined && hash === this.#files.get(path)?.hash;
  }

  /** Adds the files that a pull has just written. To be saved by the caller. */
  add(changes: readonly Change[]): void {
    const left = [...this.#stored.merged].filter(([path]) => this.has(path));
    const added = changes.flatMap(({ path, to }) => (to === undefined ? [] : [[path, to.hash] as const]));
    this.#stored.merged = new Map([...left, ...added]);
  }

  /** Forgets all merges, which were made with another tree. */
  forget(): void {
    this.#stored.merged = new Map();
  }
}

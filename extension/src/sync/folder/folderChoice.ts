import { measure, type Measured, type MeasureOptions } from '../../io/scan/measure';
import type { Selection } from '../../core/tracking/selection';
import type { Replica } from '../replica/replica';

/** What a list of files to track has to know about their folder. */
export class FolderChoice {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Decides about many paths; later changes of the rules and settings do not show in it. */
  selection(): Selection {
    return this.#replica.rules.selection();
  }

  /** Adds up the files that tracking `path` would add. */
  measure(path: string, limits: Omit<MeasureOptions, 'isExcluded'>): Promise<Measured> {
    // What is excluded is tracked all the same if it is tracked by name, with patterns relative to it.
    const selection = this.#replica.rules.selection([{ path, kind: 'folder', effect: 'track' }]);
    const isExcluded = (each: string, isFolder: boolean): boolean =>
      selection.excludedBy(each, isFolder ? 'folder' : 'file') !== undefined;
    return measure(this.#replica.root, path, { ...limits, isExcluded });
  }
}

import { measure, type Measured, type MeasureOptions } from '../../io/scan/measure';
import type { Selection } from '../../core/tracking/selection';
import type { Replica } from '../replica/replica';

/** Answers what a list of files to track asks about their folder. */
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
    // An excluded path that is tracked by name is tracked all the same, and patterns are then relative to it.
    const selection = this.#replica.rules.selection([{ path, kind: 'folder', effect: 'track' }]);
    const isExcluded = (each: string, isFolder: boolean): boolean =>
      selection.excludedBy(each, isFolder ? 'folder' : 'file') !== undefined;
    return measure(this.#replica.root, path, { ...limits, isExcluded });
  }
}

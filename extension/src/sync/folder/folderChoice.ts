import { measure, type Measured, type MeasureOptions } from '../../io/scan/measure';
import type { Selection } from '../../core/tracking/selection';
import type { SharedlyExcluded, SharedRules } from '../../core/tracking/sharedRules';
import type { Replica } from '../replica/replica';

/** Tells which files of a folder can be tracked, and which the shared rules exclude. */
export class FolderChoice {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Decides about many paths; later changes of the rules and settings do not show in it. */
  selection(): Selection {
    return this.#replica.rules.selection();
  }

  /** The shared rules as of the last scan; undefined if they are unknown. */
  get sharedRules(): SharedRules | undefined {
    return this.#replica.local.sharedRules;
  }

  /** The files of the server, as last fetched, that are not synced here because the shared rules exclude them. */
  sharedlyExcluded(): readonly SharedlyExcluded[] {
    const { ancestor, rules } = this.#replica;
    return [...rules.selection().sharedlyExcluded(ancestor.remote('known').keys())];
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

import type { MovedRules, RuleRename } from '../../core/tracking/moveRules';
import { readableStats } from '../../io/fs/stats';
import { kindAt } from '../replica/kindAt';
import type { Replica } from '../replica/replica';

export interface FolderRenamesDeps {
  readonly replica: Replica;
  /** Aborted when the folder is closed. */
  readonly lifetime: AbortSignal;
  /** Runs one operation after all earlier ones, and shows its result. */
  readonly operate: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Lets the rules of one folder follow the files and folders that the user renames or moves in the editor. */
export class FolderRenames {
  readonly #deps: FolderRenamesDeps;

  constructor(deps: FolderRenamesDeps) {
    this.#deps = deps;
  }

  /** Follows renames inside the folder. Returns the paths that only now have a rule of their own. */
  async follow(renames: readonly Omit<RuleRename, 'kind'>[]): Promise<string[]> {
    const { replica, operate } = this.#deps;
    const { rules } = replica;
    if (!renames.some((rename) => rules.areAffectedBy(rename))) return [];
    return operate(async () => {
      const added: string[] = [];
      for (const rename of renames) {
        const had = rules.all.get(rename.from)?.effect;
        rules.follow({ ...rename, kind: (await kindAt(replica, rename.to)) ?? 'file' });
        if (had === undefined && rules.all.get(rename.to)?.effect === 'track') added.push(rename.to);
      }
      await this.#scan();
      return added;
    });
  }

  /**
   * Marks the rules of a path that moved to another folder, at the absolute path `to`. Returns them for `moveIn`
   * there; undefined if nothing in it was tracked.
   */
  async moveOut(path: string, to: string): Promise<MovedRules | undefined> {
    const { replica, operate } = this.#deps;
    if (!replica.rules.concern(path)) return undefined;
    return operate(async () => {
      const stats = await readableStats(to);
      const kind = stats?.isDirectory() === true ? 'folder' : 'file';
      const moved = replica.rules.moveOut({ from: path, to, kind });
      await this.#scan();
      return moved;
    });
  }

  /** Tracks a file or folder that moved here from another workspace folder as it was tracked there. */
  moveIn(path: string, moved: MovedRules): Promise<void> {
    const { replica, operate } = this.#deps;
    return operate(async () => {
      replica.rules.moveIn(path, moved);
      await this.#scan();
    });
  }

  async #scan(): Promise<void> {
    const { replica, lifetime } = this.#deps;
    await replica.scan({ signal: lifetime });
    await replica.save();
  }
}

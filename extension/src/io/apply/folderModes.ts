import type { Entry } from '../../core/entry';
import { parentFolders } from '../../core/paths';

const ownerMode = 0o700;
const group = 0o070;
const others = 0o007;

/** The widest modes that the folders above some files need. */
export class FolderModes {
  readonly #modes = new Map<string, number>();

  /** Symlinks do not count: everybody may read one, and it shows only a path. */
  constructor(files: Iterable<Entry>) {
    for (const { path, kind, mode } of files) {
      if (kind !== 'file') continue;
      const needed = ownerMode | (mode & group ? group : 0) | (mode & others ? others : 0);
      for (const folder of parentFolders(path)) {
        const known = this.#modes.get(folder) ?? 0;
        // The folders above this one have all these bits too.
        if ((known | needed) === known) break;
        this.#modes.set(folder, known | needed);
      }
    }
  }

  /** The mode of a new folder, before the process's umask, below one that is open to no more users than `above` says. */
  below(above: number, folder: string): number {
    return ownerMode | (above & (this.#modes.get(folder) ?? 0o777));
  }
}

import { lstatSync } from 'node:fs';
import { parentOf } from '../../core/paths';

type Kind = 'folder' | 'link' | 'other';

/**
 * Tells which paths in `root` are folders that are reached without following a symlink. It looks at each path once, so an
 * object is good for one pass over some paths. The root itself may be a symlink.
 * Invariant: nothing behind a symlink is touched. A disk that does not respond may be mounted there.
 */
export class RealFolders {
  readonly #root: string;
  readonly #kinds = new Map<string, Kind>([['', 'folder']]);

  /** `root` is an absolute path. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether `path` and all paths above it are folders. False if the system cannot tell. */
  has(path: string): boolean {
    return this.#kindOf(path) === 'folder';
  }

  /** Whether a symlink is above `path`. */
  isBelowLink(path: string): boolean {
    return this.#kindOf(parentOf(path) ?? '') === 'link';
  }

  /** The kind of `path`, or of the first path above it that is not a folder. */
  #kindOf(path: string): Kind {
    let kind = this.#kinds.get(path);
    if (kind !== undefined) return kind;
    kind = this.#kindOf(parentOf(path) ?? '');
    if (kind === 'folder') kind = this.#readKind(path);
    this.#kinds.set(path, kind);
    return kind;
  }

  #readKind(path: string): Kind {
    try {
      const stats = lstatSync(`${this.#root}/${path}`, { throwIfNoEntry: false });
      if (stats?.isDirectory() === true) return 'folder';
      return stats?.isSymbolicLink() === true ? 'link' : 'other';
    } catch {
      return 'other';
    }
  }
}

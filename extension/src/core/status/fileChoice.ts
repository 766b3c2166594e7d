import { parentOf } from '../paths';
import type { RemoteFolders, RemoteTotals } from './remoteFolders';

/** A choice of the server's files as few paths: a folder stands for everything in it. */
export interface ChosenPaths {
  readonly chosen: readonly string[];
  readonly left: readonly string[];
}

/** The files of the server that the user chooses, by folder or one by one. At first, all are chosen. */
export class FileChoice {
  /** The paths that the user has decided about, none of them in a folder that was decided later. */
  readonly #decided = new Map<string, boolean>();
  /** The folders above a decided path. */
  #mixed: ReadonlySet<string> | undefined;

  /** Chooses or leaves a file, or a folder with everything in it. */
  set(path: string, isChosen: boolean): void {
    const inside = path === '' ? '' : `${path}/`;
    for (const other of this.#decided.keys()) if (other.startsWith(inside)) this.#decided.delete(other);
    this.#decided.set(path, isChosen);
    this.#mixed = undefined;
  }

  /** The numbers of the chosen files at and in `path`. */
  totals(path: string, folders: RemoteFolders, sizeOf: (path: string) => number): Omit<RemoteTotals, 'here'> {
    let files = 0;
    let bytes = 0;
    for (const chosen of this.split(folders, path).chosen) {
      const inside = folders.isFolder(chosen) ? folders.totals(chosen) : { files: 1, bytes: sizeOf(chosen) };
      files += inside.files;
      bytes += inside.bytes;
    }
    return { files, bytes };
  }

  /** Whether everything at and in `path` is chosen. */
  isChosen(path: string, folders: RemoteFolders): boolean {
    return this.split(folders, path).left.length === 0;
  }

  /** The outermost paths at and in `path` that are chosen or left as a whole. */
  split(folders: RemoteFolders, path = ''): ChosenPaths {
    const chosen: string[] = [];
    const left: string[] = [];
    this.#collect(folders, path, (at, isChosen) => (isChosen ? chosen : left).push(at));
    return { chosen, left };
  }

  #collect(folders: RemoteFolders, path: string, add: (path: string, isChosen: boolean) => void): void {
    this.#mixed ??= this.#foldersAbove();
    if (!this.#mixed.has(path)) add(path, this.#decisionAbout(path));
    else for (const node of folders.children(path)) this.#collect(folders, node.path, add);
  }

  #decisionAbout(path: string): boolean {
    for (let at: string | undefined = path; at !== undefined; at = parentOf(at)) {
      const decided = this.#decided.get(at);
      if (decided !== undefined) return decided;
    }
    return true;
  }

  #foldersAbove(): ReadonlySet<string> {
    const above = new Set<string>();
    for (const path of this.#decided.keys()) {
      for (let at = parentOf(path); at !== undefined; at = parentOf(at)) above.add(at);
    }
    return above;
  }
}

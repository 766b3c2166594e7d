import { parentOf } from '../paths';
import type { PathState } from './pathState';
import { withOwnProblem, type FolderSummaries, type PendingCounts } from './folderSummaries';

/** One row of the tree view. A folder has the most urgent state of the paths in it. */
export interface PathNode {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly state: PathState | undefined;
  /** Present for a folder that contains paths with a state. */
  readonly pending?: PendingCounts;
}

/** The kinds of the files and folders in each folder, by folder and name. */
type Folders = Map<string, Map<string, 'file' | 'folder'>>;

/**
 * The folders of many paths. It takes a while to build, so its owner keeps it as long as the paths are the same. The
 * names in a folder are computed when they are first read.
 */
export class PathFolders {
  /** The paths directly in each folder. */
  readonly #files = new Map<string, string[]>();
  readonly #folders = new Map<string, Set<string>>();
  readonly #kinds: Folders = new Map();

  constructor(paths: Iterable<string>) {
    for (const path of paths) {
      const folder = parentOf(path) ?? '';
      const files = this.#files.get(folder);
      if (files !== undefined) files.push(path);
      else {
        this.#files.set(folder, [path]);
        this.#addFolder(folder);
      }
    }
  }

  /** The kinds of the files and folders in `folder`, by name; undefined if it contains no paths. */
  kindsIn(folder: string): ReadonlyMap<string, 'file' | 'folder'> | undefined {
    const known = this.#kinds.get(folder);
    const [files, folders] = [this.#files.get(folder), this.#folders.get(folder)];
    if (known !== undefined || (files === undefined && folders === undefined)) return known;
    const start = folder === '' ? 0 : folder.length + 1;
    const kinds = new Map<string, 'file' | 'folder'>();
    for (const path of files ?? []) kinds.set(path.slice(start), 'file');
    for (const path of folders ?? []) kinds.set(path.slice(start), 'folder');
    this.#kinds.set(folder, kinds);
    return kinds;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** The folders that contain paths, at any depth. */
  get all(): ReadonlySet<string> {
    return new Set([...this.#files.keys(), ...this.#folders.keys()]);
  }

  /** Adds a new folder to its parent, the parent to its own parent, and so on up to the first known one. */
  #addFolder(folder: string): void {
    for (let path = folder; path !== '';) {
      const above = parentOf(path) ?? '';
      const folders = this.#folders.get(above);
      if (folders !== undefined) {
        folders.add(path);
        return;
      }
      this.#folders.set(above, new Set([path]));
      path = above;
    }
  }
}

export interface PathTreeContent {
  readonly observed: PathFolders;
  readonly states: ReadonlyMap<string, PathState>;
  readonly summaries: FolderSummaries;
  /** Folders with a rule of their own, which are listed even if they contain no file. */
  readonly tracked?: Iterable<string>;
}

/** The paths as a tree of rows, rebuilt for each refresh of the view. Children are listed on demand. */
export class PathTree {
  readonly #observed: PathFolders;
  /** Paths with a state. Some are not on this disk: deleted here, or only on the server. */
  readonly #others: Folders = new Map();
  readonly #states: ReadonlyMap<string, PathState>;
  readonly #summaries: FolderSummaries;

  constructor({ observed, states, summaries, tracked }: PathTreeContent) {
    this.#observed = observed;
    this.#states = states;
    this.#summaries = summaries;
    for (const path of states.keys()) add(this.#others, path);
    for (const path of tracked ?? []) add(this.#others, path, 'folder');
  }

  /** The rows in `folder` (`''` is the workspace folder): folders first, then by name. */
  children(folder: string): readonly PathNode[] {
    const kinds = new Map(this.#observed.kindsIn(folder));
    for (const [name, kind] of this.#others.get(folder) ?? []) {
      // If a file became a folder, only the folder gets a row.
      if (kind === 'folder' || !kinds.has(name)) kinds.set(name, kind);
    }
    const rows = [...kinds].map(([name, kind]): PathNode => {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind === 'file') return { path, name, kind, state: this.#states.get(path) };
      const summary = this.#summaries.get(path);
      const shown = this.#states.get(path) === 'problem' ? withOwnProblem(summary) : summary;
      return { path, name, kind, state: shown?.state, ...(shown && { pending: shown.pending }) };
    });
    return rows.sort((a, b) => Number(a.kind === 'file') - Number(b.kind === 'file') || compareNames(a.name, b.name));
  }

  /** An upper bound on the number of rows in `folder`. */
  maxRowCount(folder: string): number {
    return (this.#observed.kindsIn(folder)?.size ?? 0) + (this.#others.get(folder)?.size ?? 0);
  }

  get isEmpty(): boolean {
    return this.#observed.isEmpty && this.#others.size === 0;
  }
}

function add(folders: Folders, path: string, kindOfPath: 'file' | 'folder' = 'file'): void {
  let kind = kindOfPath;
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const start = path.lastIndexOf('/', end - 1) + 1;
    const folder = path.slice(0, Math.max(0, start - 1));
    const name = path.slice(start, end);
    let siblings = folders.get(folder);
    if (siblings === undefined) folders.set(folder, (siblings = new Map()));
    if (siblings.get(name) === 'folder') return;
    siblings.set(name, kind);
    kind = 'folder';
    if (start === 0) return;
  }
}

const collator = new Intl.Collator('en', { numeric: true });

/** Orders names as the Explorer does. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}

import type { FileTable } from '../entry';
import { stepSize, type CooperativeTask } from '../cooperativeTask';
import { compareNaturally, parentOf } from '../paths';
import { compareNames } from './pathTree';

/** The numbers of the server's files in a folder, at any depth. */
export interface RemoteTotals {
  readonly files: number;
  readonly bytes: number;
  /** Those of `files` that are tracked and on this disk. */
  readonly here: number;
}

/** A file or folder in a folder of the server. */
export interface RemoteNode {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

type MutableTotals = { -readonly [total in keyof RemoteTotals]: number };

const nothing: RemoteTotals = { files: 0, bytes: 0, here: 0 };

/** A collator takes too long for the names in a larger folder. */
const maxCollated = 5_000;

/** The server's files by folder. The nodes of a folder are made and sorted when they are first read. */
export class RemoteFolders {
  readonly #files = new Map<string, string[]>();
  readonly #folders = new Map<string, Set<string>>();
  readonly #totals = new Map<string, MutableTotals>();
  readonly #nodes = new Map<string, readonly RemoteNode[]>();

  /** Builds the folders of `table`. `isHere` returns whether a path is tracked and on this disk. */
  static *buildSteps(table: FileTable, isHere: (path: string) => boolean): CooperativeTask<RemoteFolders> {
    const folders = new RemoteFolders();
    const own = new Map<string, MutableTotals>();
    let count = 0;
    for (const [path, { size }] of table) {
      if (++count % stepSize === 0) yield;
      const folder = parentOf(path) ?? '';
      folders.#addFile(folder, path);
      addTo(own, folder, { files: 1, bytes: size, here: Number(isHere(path)) });
    }
    // There are far fewer folders than paths.
    for (const [folder, totals] of own) {
      if (++count % stepSize === 0) yield;
      for (let above: string | undefined = folder; above !== undefined; above = parentOf(above)) {
        addTo(folders.#totals, above, totals);
      }
    }
    return folders;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** The numbers of `folder`; `''` is the whole tree. */
  totals(folder: string): RemoteTotals {
    return this.#totals.get(folder) ?? nothing;
  }

  /** Whether the server has files in `path`. `''` is a folder, even of an empty tree. */
  isFolder(path: string): boolean {
    return path === '' || this.#totals.has(path);
  }

  /** The nodes in `folder`: folders first, then by name, as the Explorer sorts them. */
  children(folder: string): readonly RemoteNode[] {
    let nodes = this.#nodes.get(folder);
    if (nodes === undefined) {
      const start = folder === '' ? 0 : folder.length + 1;
      const sortedNodes = (paths: Iterable<string>, kind: RemoteNode['kind']): RemoteNode[] =>
        sorted([...paths].map((path) => ({ path, name: path.slice(start), kind })));
      nodes = [
        ...sortedNodes(this.#folders.get(folder) ?? [], 'folder'),
        ...sortedNodes(this.#files.get(folder) ?? [], 'file'),
      ];
      this.#nodes.set(folder, nodes);
    }
    return nodes;
  }

  /** The paths of the files in `folder`, at any depth, in no order. */
  *filesIn(folder: string): Generator<string> {
    yield* this.#files.get(folder) ?? [];
    for (const inside of this.#folders.get(folder) ?? []) yield* this.filesIn(inside);
  }

  #addFile(folder: string, path: string): void {
    const files = this.#files.get(folder);
    if (files !== undefined) {
      files.push(path);
      return;
    }
    this.#files.set(folder, [path]);
    for (let inside = folder; inside !== '';) {
      const above = parentOf(inside) ?? '';
      const folders = this.#folders.get(above);
      if (folders?.has(inside) === true) return;
      if (folders === undefined) this.#folders.set(above, new Set([inside]));
      else folders.add(inside);
      inside = above;
    }
  }
}

function addTo(all: Map<string, MutableTotals>, folder: string, { files, bytes, here }: RemoteTotals): void {
  const known = all.get(folder);
  if (known === undefined) all.set(folder, { files, bytes, here });
  else {
    known.files += files;
    known.bytes += bytes;
    known.here += here;
  }
}

function sorted(nodes: RemoteNode[]): RemoteNode[] {
  const compare = nodes.length > maxCollated ? compareNaturally : compareNames;
  return nodes.sort((a, b) => compare(a.name, b.name));
}

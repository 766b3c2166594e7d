import { inSlices } from '../../concurrency/inSlices';
import type { DeclaredFile } from '../uploadPlan';

/** Files of at most this length have temporary names with their whole name: rsync truncates longer ones. */
const maxWholeNameBytes = 200;
const temporaryName = /^\.(.*)\.[A-Za-z0-9]{6}$/s;

/** The role that a push declared for a name in its inbox. */
export type DeclaredRole =
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly file: DeclaredFile }
  /** rsync writes a file under such a name until it is complete. */
  | { readonly kind: 'temporary'; readonly file: DeclaredFile };

interface Folder {
  readonly files: Map<string, DeclaredFile>;
  readonly folders: Set<string>;
}

/** The files that a push declared to upload, and their folders. */
export class DeclaredInbox {
  readonly count: number;
  bytes = 0;
  /** By the path of the folder; the inbox itself has the empty path. */
  readonly #folders = new Map<string, Folder>();

  /** Yields to other requests, since the files may be many. */
  static async of(files: readonly DeclaredFile[]): Promise<DeclaredInbox> {
    const inbox = new DeclaredInbox(files.length);
    await inSlices(files, (file) => inbox.#add(file));
    return inbox;
  }

  private constructor(count: number) {
    this.count = count;
  }

  #add(file: DeclaredFile): void {
    this.bytes += file.size;
    const end = file.path.lastIndexOf('/');
    const folder = this.#folderAt(file.path.slice(0, Math.max(0, end)));
    folder.files.set(spelling(file.path.slice(end + 1)), file);
  }

  /** The number of folders in the inbox. */
  get folderCount(): number {
    return this.#folders.size;
  }

  /** The role of `name` in the folder at `path`; undefined if the push did not declare it. */
  roleOf(path: string, name: string, isFolder: boolean): DeclaredRole | undefined {
    const folder = this.#folders.get(spelling(path));
    if (folder === undefined) return undefined;
    if (isFolder) return folder.folders.has(spelling(name)) ? { kind: 'folder' } : undefined;
    const file = folder.files.get(spelling(name));
    if (file !== undefined) return { kind: 'file', file };
    const base = temporaryName.exec(name)?.[1];
    const written = base === undefined ? undefined : fileWithTemporaryBase(folder, spelling(base));
    return written && { kind: 'temporary', file: written };
  }

  #folderAt(path: string): Folder {
    const key = spelling(path);
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const folder: Folder = { files: new Map(), folders: new Set() };
    this.#folders.set(key, folder);
    if (path !== '') {
      const end = path.lastIndexOf('/');
      this.#folderAt(path.slice(0, Math.max(0, end))).folders.add(spelling(path.slice(end + 1)));
    }
    return folder;
  }
}

/** See `get_tmpname` in rsync's receiver.c: a dot that the name begins with is not repeated, and a long name is truncated. */
function fileWithTemporaryBase({ files }: Folder, base: string): DeclaredFile | undefined {
  const file = files.get(base) ?? files.get(`.${base}`);
  if (file !== undefined || Buffer.byteLength(base) < maxWholeNameBytes) return file;
  for (const [name, candidate] of files) if (name.startsWith(base) || name.startsWith(`.${base}`)) return candidate;
  return undefined;
}

/** On Linux, each spelling is a name of its own. Elsewhere, a disk may list a name in the spelling that it had first. */
function spelling(name: string): string {
  return process.platform === 'linux' ? name : name.normalize('NFC').toLowerCase();
}

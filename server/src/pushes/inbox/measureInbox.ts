import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { inSlices } from '../../concurrency/inSlices';
import type { ObjectStore } from '../../objects/objectStore';
import type { DeclaredInbox } from './declaredInbox';
import type { DeclaredFile } from '../uploadPlan';

export interface InboxState {
  /** Bytes of declared content. */
  readonly arrivedBytes: number;
  /** Bytes beyond the declared sizes, and of names that were not declared. */
  readonly excessBytes: number;
  /** The declared files that are larger than declared. */
  readonly grown: readonly string[];
  /** Paths in the inbox that were not declared. */
  readonly undeclared: readonly string[];
  /** Paths in the inbox under which rsync writes files. */
  readonly temporary: readonly string[];
}

/** Looks at everything in an inbox. Stops early when it has found more than `maxUndeclared` undeclared names. */
export async function measureInbox(
  inbox: string,
  { declared, objects, maxUndeclared }: { declared: DeclaredInbox; objects: ObjectStore; maxUndeclared: number },
): Promise<InboxState> {
  const measure = new InboxMeasure(inbox, declared, objects);
  const folders = [''];
  for (const folder of folders) {
    const path = folder === '' ? inbox : `${inbox}/${folder}`;
    // rsync and a commit may remove what was listed before.
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    await inSlices(entries, (entry) => {
      const isFolder = entry.isDirectory();
      measure.add(folder, entry.name, isFolder);
      if (isFolder) folders.push(folder === '' ? entry.name : `${folder}/${entry.name}`);
    });
    if (measure.undeclared.length > maxUndeclared) break;
  }
  return measure.state();
}

class InboxMeasure {
  readonly undeclared: string[] = [];
  readonly #inbox: string;
  readonly #declared: DeclaredInbox;
  readonly #objects: ObjectStore;
  readonly #grown = new Set<string>();
  readonly #temporary: string[] = [];
  /** The bytes of each file's largest form, by its declared path: a new version may be written beside a partial one. */
  readonly #arrived = new Map<string, number>();
  readonly #isWritten = new Set<string>();
  #excessBytes = 0;

  constructor(inbox: string, declared: DeclaredInbox, objects: ObjectStore) {
    this.#inbox = inbox;
    this.#declared = declared;
    this.#objects = objects;
  }

  add(folder: string, name: string, isFolder: boolean): void {
    const path = folder === '' ? name : `${folder}/${name}`;
    const role = this.#declared.roleOf(folder, name, isFolder);
    if (role?.kind === 'folder') return;
    const stats = lstatSync(`${this.#inbox}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (role === undefined || (!isFolder && !stats.isFile())) {
      this.undeclared.push(path);
      if (!isFolder) this.#excessBytes += stats.size;
      return;
    }
    const declared = role.file;
    const isFirst = role.kind === 'file' || !this.#isWritten.has(declared.path);
    if (role.kind === 'temporary') {
      this.#temporary.push(path);
      this.#isWritten.add(declared.path);
    }
    // A file with another link is an object: the content that has arrived, or the old one as a delta basis.
    if (stats.nlink > 1 && !this.#isStored(declared, stats.ino)) return;
    const excess = isFirst ? Math.max(0, stats.size - declared.size) : stats.size;
    this.#excessBytes += excess;
    if (excess > 0) this.#grown.add(declared.path);
    const known = this.#arrived.get(declared.path) ?? 0;
    this.#arrived.set(declared.path, Math.max(known, Math.min(stats.size, declared.size)));
  }

  state(): InboxState {
    let arrivedBytes = 0;
    for (const bytes of this.#arrived.values()) arrivedBytes += bytes;
    return {
      arrivedBytes,
      excessBytes: this.#excessBytes,
      grown: [...this.#grown],
      undeclared: this.undeclared,
      temporary: this.#temporary,
    };
  }

  /** A pack has no delta basis, so its other link is the stored pack. */
  #isStored({ hash }: DeclaredFile, inode: number): boolean {
    if (hash === undefined) return true;
    return lstatSync(this.#objects.fileOf(hash), { throwIfNoEntry: false })?.ino === inode;
  }
}

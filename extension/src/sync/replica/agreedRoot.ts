import { isReplaced, type FolderIdentity } from '../../io/store/folderIdentity';

/**
 * Knows whether another folder is at the path of the workspace folder than the one that the user has agreed to sync. A
 * new window finds that out by the registry of folders.
 */
export class AgreedRoot {
  #agreed: FolderIdentity | undefined;
  #now: FolderIdentity | undefined;

  /** To be called with what each scan finds. The first folder is the agreed one. */
  found(now: FolderIdentity | undefined): void {
    this.#now = now;
    this.#agreed ??= now;
  }

  /** The user agrees to sync the folder that is there now. */
  agree(): void {
    this.#agreed = this.#now;
  }

  get isReplaced(): boolean {
    return this.#agreed !== undefined && this.#now !== undefined && isReplaced(this.#agreed, this.#now);
  }
}

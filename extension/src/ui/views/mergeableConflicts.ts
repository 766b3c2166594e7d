import * as vscode from 'vscode';
import type { Conflict } from '../../core/change';
import { isText } from '../../core/merge/mergeText';
import { isSmallFile } from '../../sync/content/conflictContent';
import { localContent } from '../../sync/content/localContent';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Which conflicts may be merged: those of small texts. The local files are read in the background, one at a time. */
export class MergeableConflicts implements vscode.Disposable {
  /** By the hash of the local file; undefined while it is being read. */
  readonly #isText = new Map<string, boolean | undefined>();
  readonly #changed = new vscode.EventEmitter<void>();
  #last: Promise<void> = Promise.resolve();
  #reading = 0;
  /** Fires when all files that were asked about have been read. */
  readonly onDidChange = this.#changed.event;

  /** Undefined if the local file has not been read yet; asking reads it. */
  isMergeable({ sync }: SyncedFolder, { local, remote }: Conflict): boolean | undefined {
    if (!isSmallFile(local) || !isSmallFile(remote)) return false;
    if (!this.#isText.has(local.hash)) {
      this.#isText.set(local.hash, undefined);
      this.#reading++;
      this.#last = this.#last.then(async () => {
        const content = await localContent(sync.root, local).catch(() => undefined);
        // A file that changed has another hash by now.
        this.#isText.set(local.hash, content !== undefined && isText(content));
        if (--this.#reading === 0) this.#changed.fire();
      });
    }
    return this.#isText.get(local.hash);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

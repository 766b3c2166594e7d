import * as vscode from 'vscode';
import type { Conflict } from '../../core/change';
import { isText } from '../../core/merge/mergeText';
import { isSmallFile } from '../../sync/content/conflictContent';
import { localContent } from '../../sync/content/localContent';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/**
 * Knows which conflicts may be merged: those of small texts. The local files are read in the background, one at a time, and
 * count as texts until then: drawing rows anew takes the focus from a list that is just being opened.
 */
export class MergeableConflicts implements vscode.Disposable {
  /** By the hash of the local file. */
  readonly #isText = new Map<string, boolean>();
  readonly #changed = new vscode.EventEmitter<void>();
  #last: Promise<void> = Promise.resolve();
  /** Fires when a file turned out not to be a text. */
  readonly onDidChange = this.#changed.event;

  isMergeable({ sync }: SyncedFolder, { local, remote }: Conflict): boolean {
    if (!isSmallFile(local) || !isSmallFile(remote)) return false;
    const known = this.#isText.get(local.hash);
    if (known !== undefined) return known;
    this.#isText.set(local.hash, true);
    this.#last = this.#last.then(async () => {
      const content = await localContent(sync.root, local).catch(() => undefined);
      // A file that changed or is gone has another hash by now.
      if (content === undefined || isText(content)) return;
      this.#isText.set(local.hash, false);
      this.#changed.fire();
    });
    return true;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

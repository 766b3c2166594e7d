import * as vscode from 'vscode';
import { shownFile } from '../documents/shownFile';
import type { TrackedView } from '../views/trackedView';

/**
 * The active file: the one in the active editor or the row selected in Tracked Files, whichever came last. It stays when
 * the editor shows something other than a file.
 */
export class FollowedFile implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable;
  #uri = shownFile();
  readonly onDidChange = this.#changed.event;

  constructor(tracked: Pick<TrackedView, 'onDidSelect'>) {
    const follow = (): void => this.follow(shownFile());
    this.#subscriptions = vscode.Disposable.from(
      vscode.window.tabGroups.onDidChangeTabs(follow),
      vscode.window.tabGroups.onDidChangeTabGroups(follow),
      tracked.onDidSelect(({ selection }) => {
        const [row, ...others] = selection;
        if (row?.node?.kind !== 'file' || others.length > 0) return;
        this.follow(vscode.Uri.joinPath(row.owner.folder.uri, row.node.path));
      }),
    );
  }

  get uri(): vscode.Uri | undefined {
    return this.#uri;
  }

  follow(uri: vscode.Uri | undefined): void {
    if (uri === undefined || uri.toString() === this.#uri?.toString()) return;
    this.#uri = uri;
    this.#changed.fire();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }
}

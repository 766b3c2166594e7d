import * as vscode from 'vscode';
import { shownFile } from '../documents/shownFile';
import type { SyncedFolder } from '../workspace/workspaceFolders';

type UsedView = Pick<vscode.TreeView<unknown>, 'onDidChangeSelection' | 'visible'>;

/**
 * The user's last selection: the rows selected in a view of Palmtree, or the file in the active editor. It stands in for
 * the arguments that the palette does not pass. The selection of the Explorer is not readable for an extension.
 */
export class LastUsed implements vscode.Disposable {
  readonly #subscriptions: vscode.Disposable[] = [];
  #active = shownFile();
  #used: { readonly view: UsedView; readonly rows: readonly unknown[] } | undefined;

  constructor() {
    const update = (): void => {
      const active = shownFile();
      if (active?.toString() === this.#active?.toString()) return;
      this.#active = active;
      this.#used = undefined;
    };
    this.#subscriptions.push(
      vscode.window.tabGroups.onDidChangeTabs(update),
      vscode.window.tabGroups.onDidChangeTabGroups(update),
    );
  }

  follow(view: UsedView): void {
    this.#subscriptions.push(
      view.onDidChangeSelection(({ selection }) => (this.#used = { view, rows: [...selection] })),
    );
  }

  /** The selected rows; empty if an editor was used since, or if their view is hidden. */
  get rows(): readonly unknown[] {
    return this.#used?.view.visible === true ? this.#used.rows : [];
  }

  /** The files and folders in the selected rows. */
  get uris(): readonly vscode.Uri[] {
    return this.rows.flatMap((row) => uriOf(row) ?? []);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** The path in a row: of a file or a folder, or of a file's version. */
function uriOf(row: unknown): vscode.Uri | undefined {
  const { owner, node, version } = row as {
    readonly owner?: SyncedFolder;
    readonly node?: { readonly path?: string };
    readonly version?: { readonly path: string };
  };
  const path = node?.path ?? version?.path;
  return owner === undefined || path === undefined ? undefined : vscode.Uri.joinPath(owner.folder.uri, path);
}

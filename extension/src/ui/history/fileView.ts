import * as vscode from 'vscode';
import type { PathVersion } from '../../../../server/src/contract/history';
import { PalmtreeError } from '../../errors';
import { FollowedFile } from './followedFile';
import { Pages } from './pages';
import {
  revisionLabel,
  isMoreRow,
  moreItem,
  pushTooltip,
  versionDescription,
  type FileVersion,
  type MoreRow,
  type VersionRow,
} from './rows';
import { commandIds, fileHistoryViewId } from '../shared/ids';
import type { TrackedView } from '../views/trackedView';
import { relativePath } from '../workspace/watcher';
import { messageFor } from '../shared/errorMessages';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Relative times are drawn anew this often. */
export const ageRefreshMs = 60_000;

/** A view that asks the server only while it can be seen. */
export interface HistoryView extends vscode.Disposable {
  /** Asks again, whether or not something is known to be new. */
  refresh(): void;
}

/** It follows what the user looks at, and can be led to a file. */
export interface FileHistoryView extends HistoryView {
  show(uri: vscode.Uri): Promise<void>;
}

interface FileVersionRow extends VersionRow {
  readonly push: PathVersion;
}

/** The file whose versions are shown. */
interface ShownHistory {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly seen: HistoryState;
  readonly versions: Pages<PathVersion>;
}

/** The versions of the file that the user looks at. */
export function createFileHistory(
  folders: WorkspaceFolders,
  tracked: Pick<TrackedView, 'onDidSelect'>,
  log: vscode.LogOutputChannel,
): FileHistoryView {
  return new FileHistory(folders, new FollowedFile(tracked), log);
}

/** What a history was asked for with: of another `tree` it is another one, and with other `news` there may be more. */
export interface HistoryState {
  readonly tree: string;
  readonly news: string;
}

export function historyStateOf({ sync: { state, knownRevision } }: SyncedFolder): HistoryState {
  const { binding, kind, offline } = state;
  // What failed while the server was away is asked again when a command has found it.
  return {
    tree: `${binding?.server}\0${binding?.tree}`,
    news: `${knownRevision} ${kind === 'halted' || offline !== undefined}`,
  };
}

/** The words for a failure in the background, which is shown in the view alone. */
export function failureMessage(error: unknown, log: vscode.LogOutputChannel): string {
  if (error instanceof PalmtreeError) return messageFor(error).text;
  log.error(error instanceof Error ? error : String(error));
  return 'Something unexpected happened. The log says more.';
}

class FileHistory implements vscode.TreeDataProvider<FileVersionRow | MoreRow>, FileHistoryView {
  readonly #folders: WorkspaceFolders;
  readonly #followed: FollowedFile;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<FileVersionRow | MoreRow>;
  readonly #subscriptions: vscode.Disposable;
  #subject: ShownHistory | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, followed: FollowedFile, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#followed = followed;
    this.#log = log;
    this.#view = vscode.window.createTreeView(fileHistoryViewId, { treeDataProvider: this });
    const aging = setInterval(() => this.#view.visible && this.#changed.fire(undefined), ageRefreshMs);
    this.#subscriptions = vscode.Disposable.from(
      new vscode.Disposable(() => clearInterval(aging)),
      this.#view,
      this.#changed,
      followed,
      followed.onDidChange(() => this.#follow()),
      folders.onDidChange(() => this.#follow()),
      this.#view.onDidChangeVisibility(() => this.#follow()),
    );
    this.#follow();
  }

  async show(uri: vscode.Uri): Promise<void> {
    this.#followed.follow(uri);
    await vscode.commands.executeCommand(`${fileHistoryViewId}.focus`);
  }

  refresh(): void {
    this.#subject = undefined;
    this.#follow();
  }

  getChildren(row?: FileVersionRow | MoreRow): (FileVersionRow | MoreRow)[] {
    const subject = this.#subject;
    if (row !== undefined || subject === undefined) return [];
    const { owner, path, versions } = subject;
    const rows = versions.items.map((push, index): FileVersionRow => {
      // What the page does not show is looked for in the revision before.
      const before = versions.items[index + 1]?.revision ?? (versions.hasMore ? push.revision - 1 : 0);
      const version: FileVersion = { owner, path, revision: push.revision, before, isGone: push.entry === null };
      return { owner, push, version };
    });
    if (!versions.hasMore) return rows;
    return [...rows, { owner, loadMore: () => this.#during(versions.loadMore()) }];
  }

  getTreeItem(row: FileVersionRow | MoreRow): vscode.TreeItem {
    if (isMoreRow(row)) return moreItem(row);
    const { owner, push, version } = row;
    const item = new vscode.TreeItem(revisionLabel(push.revision, push));
    item.id = `${owner.folder.uri.toString()}\0${version.path}\0${push.revision}`;
    item.description = versionDescription(push, new Date());
    item.tooltip = pushTooltip(push.revision, push);
    item.iconPath = new vscode.ThemeIcon(version.isGone ? 'trash' : 'git-commit');
    item.contextValue = version.isGone ? 'version.deleted' : 'version';
    const title = 'Compare with the Version Before';
    item.command = { command: commandIds.compareVersionBefore, title, arguments: [row] };
    return item;
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Shows the followed file's versions; what is shown already is asked for again only when there is news. */
  #follow(): void {
    if (!this.#view.visible) return;
    const uri = this.#followed.uri;
    const owner = uri && this.#folders.folderOf(uri);
    const path = uri && owner && relativePath(owner.folder, uri);
    if (uri === undefined || owner === undefined || !path || !owner.sync.isConnected) {
      const message = this.#missing(uri, owner);
      if (this.#subject !== undefined || this.#view.message !== message) this.#show(undefined, message);
      return;
    }
    const seen = historyStateOf(owner);
    const shown = this.#subject;
    if (shown?.owner === owner && shown.path === path && shown.seen.tree === seen.tree) {
      if (shown.seen.news === seen.news) return;
      this.#subject = { ...shown, seen };
      void this.#during(shown.versions.reload());
      return;
    }
    const versions: Pages<PathVersion> = new Pages<PathVersion>({
      fetch: async (before) => {
        const page = await owner.sync.history(path, before?.revision);
        return { items: page.versions, more: page.more };
      },
      keyOf: ({ revision, createdAt }) => `${revision} ${createdAt}`,
      onChange: () => {
        if (this.#subject?.versions === versions) this.#show(this.#subject, this.#said(this.#subject));
      },
    });
    this.#show({ owner, path, seen, versions }, undefined);
    void this.#during(versions.reload());
  }

  #show(subject: ShownHistory | undefined, message: string | undefined): void {
    this.#subject = subject;
    this.#view.description = subject?.path.split('/').at(-1) ?? '';
    this.#view.message = message ?? '';
    this.#changed.fire(undefined);
  }

  async #during(work: Promise<void>): Promise<void> {
    await vscode.window.withProgress({ location: { viewId: fileHistoryViewId } }, () => work);
  }

  #missing(uri: vscode.Uri | undefined, owner: SyncedFolder | undefined): string {
    if (this.#folders.all.length === 0) return 'Open a folder to see the versions of its files.';
    if (!this.#folders.all.some(({ sync }) => sync.isConnected)) {
      return 'Connect this folder to a server to see the versions of its files.';
    }
    if (uri === undefined) return 'Open a file, or select one in Tracked Files, to see its versions.';
    const name = uri.path.split('/').at(-1);
    return owner === undefined
      ? `${name} is in no open folder.`
      : `The folder of ${name} is not connected to a server.`;
  }

  #said({ owner, path, versions }: ShownHistory): string | undefined {
    if (versions.error !== undefined) return failureMessage(versions.error, this.#log);
    if (versions.items.length > 0 || !versions.isAnswered) return undefined;
    const name = path.split('/').at(-1);
    return owner.sync.isOnDisk(path)
      ? `${name} was not pushed yet. Its versions begin with the first push.`
      : `${name} is not tracked. Track it for sync, and each push keeps a version.`;
  }
}

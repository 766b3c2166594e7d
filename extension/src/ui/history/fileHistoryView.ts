import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { FollowedFile } from './followedFile';
import { agingMs, failureMessage, historyStateOf, type HistoryState, type HistoryView } from './historyView';
import { Pages } from './pages';
import {
  revisionLabel,
  isMoreRow,
  isRemovedRow,
  moreItem,
  removedItem,
  pushLabel,
  pushTooltip,
  versionBefore,
  type ShownVersion,
  type MoreRow,
  type RemovedRow,
  type VersionRow,
} from './rows';
import type { FileVersion } from '../../sync/history/fileVersions';
import { formatNumber } from '../../messages/format';
import { commandIds, fileHistoryViewId } from '../shared/ids';
import { showProgressInView } from '../shared/notification';
import { plainLine } from '../../messages/plainText';
import { versionDescription, versionWords } from '../../messages/historyMessages';
import { rowLabel } from '../shared/rowLabel';
import { createTreeView } from '../shared/treeView';
import { DrawnRows } from '../views/drawnRows';
import type { LastUsed } from '../views/lastUsed';
import type { TrackedView } from '../views/trackedView';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Follows the active file, and can be pointed at another. */
export interface FileHistoryView extends HistoryView {
  show(uri: vscode.Uri): Promise<void>;
}

interface FileVersionRow extends VersionRow {
  readonly push: FileVersion;
}

type Row = FileVersionRow | RemovedRow | MoreRow;

/** The file whose versions are shown, and the versions loaded so far. */
interface ShownHistory {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly state: HistoryState;
  readonly versions: Pages<FileVersion>;
}

/** The "File History" view: the versions of the active file. */
export function createFileHistory(
  folders: WorkspaceFolders,
  tracked: Pick<TrackedView, 'onDidSelect'>,
  used: LastUsed,
  log: vscode.LogOutputChannel,
): FileHistoryView {
  return new FileHistory(folders, used, new FollowedFile(tracked), log);
}

class FileHistory implements vscode.TreeDataProvider<Row>, FileHistoryView {
  readonly #folders: WorkspaceFolders;
  readonly #followed: FollowedFile;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: vscode.Disposable;
  readonly #drawn = new DrawnRows<Row>({
    idOf,
    childrenOf: (row) => (row === undefined ? this.#rows() : []),
    itemOf,
  });
  #shown: ShownHistory | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed, followed: FollowedFile, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#followed = followed;
    this.#log = log;
    this.#view = createTreeView(fileHistoryViewId, { treeDataProvider: this });
    used.follow(this.#view);
    const aging = setInterval(() => this.#view.visible && this.#drawn.redraw(this.#changed), agingMs);
    this.#subscriptions = vscode.Disposable.from(
      new vscode.Disposable(() => clearInterval(aging)),
      this.#view,
      this.#changed,
      followed,
      followed.onDidChange(() => this.#update()),
      folders.onDidChange(() => this.#update()),
      this.#view.onDidChangeVisibility(() => this.#update()),
    );
    this.#update();
  }

  async show(uri: vscode.Uri): Promise<void> {
    this.#followed.follow(uri);
    await vscode.commands.executeCommand(`${fileHistoryViewId}.focus`);
  }

  refresh(): void {
    this.#shown = undefined;
    this.#update();
  }

  getChildren(row?: Row): Row[] {
    return this.#drawn.children(row);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return this.#drawn.item(row);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #rows(): Row[] {
    if (this.#shown === undefined) return [];
    const { owner, path, versions } = this.#shown;
    const rows = versions.items.flatMap((push, index): Row[] => {
      const older = versions.items[index + 1];
      const version: ShownVersion = {
        owner,
        path: push.path,
        pathBefore: older?.path ?? push.renamedFrom,
        localPath: path,
        revision: push.revision,
        isDeleted: push.entry === null,
        ...versionBefore(push, older, versions.hasMore),
      };
      const removed = push.removed === undefined ? [] : [{ owner, removed: push.removed.count, after: push.revision }];
      return [{ owner, push, version }, ...removed];
    });
    if (!versions.hasMore) return rows;
    return [...rows, { owner, loadMore: () => this.#whileLoading(versions.loadMore()) }];
  }

  /** Shows the followed file's versions. Loaded versions are loaded again only when the server may have more. */
  #update(): void {
    if (!this.#view.visible) return;
    const uri = this.#followed.uri;
    const owner = uri && this.#folders.folderOf(uri);
    const path = uri && owner && relativePath(owner.folder, uri);
    if (uri === undefined || owner === undefined || !path || !owner.sync.isConnected) {
      const message = this.#reasonForNone(uri, owner);
      if (this.#shown !== undefined || this.#view.message !== message) this.#show(undefined, message);
      return;
    }
    const state = historyStateOf(owner);
    const shown = this.#shown;
    if (shown?.owner === owner && shown.path === path && shown.state.tree === state.tree) {
      if (shown.state.version === state.version && !wasRenamedSince(shown)) return;
      this.#shown = { ...shown, state };
      void this.#whileLoading(shown.versions.reload());
      return;
    }
    const versions: Pages<FileVersion> = new Pages<FileVersion>({
      fetch: async (before) => {
        const page = await owner.sync.history.versions(path, before);
        return { items: page.versions, more: page.more };
      },
      keyOf: ({ revision, createdAt }) => `${revision} ${createdAt}`,
      onChange: () => {
        if (this.#shown?.versions === versions) this.#show(this.#shown, this.#messageOf(this.#shown));
      },
    });
    this.#show({ owner, path, state, versions }, undefined);
    void this.#whileLoading(versions.reload());
  }

  #show(shown: ShownHistory | undefined, message: string | undefined): void {
    this.#shown = shown;
    this.#view.description = plainLine(nameOf(shown?.path ?? ''));
    this.#view.message = message ?? '';
    this.#drawn.redraw(this.#changed);
  }

  async #whileLoading(work: Promise<void>): Promise<void> {
    await showProgressInView(fileHistoryViewId, work);
  }

  #reasonForNone(uri: vscode.Uri | undefined, owner: SyncedFolder | undefined): string {
    if (this.#folders.all.length === 0) return vscode.l10n.t('Open a folder to see the versions of its files.');
    if (!this.#folders.all.some(({ sync }) => sync.isConnected)) {
      return vscode.l10n.t('Connect this folder to a server to see the versions of its files.');
    }
    if (uri === undefined) return vscode.l10n.t('Open a file, or select one in Tracked Files, to see its versions.');
    const name = nameOf(uri.path);
    return owner === undefined
      ? vscode.l10n.t('{0} is outside the open folders.', name)
      : vscode.l10n.t('The folder of {0} is not connected to a server.', name);
  }

  /** The message above the versions: the error, or why there are none. */
  #messageOf({ owner, path, versions }: ShownHistory): string | undefined {
    if (versions.error !== undefined) return failureMessage(versions.error, this.#log);
    const [newest] = versions.items;
    if (newest !== undefined) {
      const isRenamedHere = newest.path !== path;
      return isRenamedHere
        ? vscode.l10n.t('Renamed here from {0}. Push to rename it on the server.', newest.path)
        : undefined;
    }
    if (!versions.isLoaded) return undefined;
    const name = nameOf(path);
    return owner.sync.isOnDisk(path)
      ? vscode.l10n.t('{0} has not been pushed yet. Its first push creates its first version.', name)
      : vscode.l10n.t('{0} is not tracked. Track it for sync, and each push keeps a version.', name);
  }
}

function idOf(row: Row): string {
  const folder = row.owner.folder.uri.toString();
  if (isMoreRow(row)) return `${folder}\0more`;
  if (isRemovedRow(row)) return `${folder}\0\0${row.after}\0removed`;
  return `${folder}\0${row.version.path}\0${row.push.revision}`;
}

function itemOf(row: Row): vscode.TreeItem {
  if (isMoreRow(row)) return moreItem(row, vscode.l10n.t('older versions'));
  return isRemovedRow(row) ? removedItem(row, versionsText(row.removed)) : versionItem(row);
}

function versionsText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 version') : vscode.l10n.t('{0} versions', formatNumber(count));
}

function versionItem(row: FileVersionRow): vscode.TreeItem {
  const { push, version } = row;
  const item = new vscode.TreeItem(revisionLabel(push.revision, push));
  item.description = versionDescription(push, new Date());
  item.tooltip = pushTooltip(push.revision, push);
  item.accessibilityInformation = rowLabel(pushLabel(push.revision, push), ...versionWords(push, new Date()));
  item.iconPath = new vscode.ThemeIcon(version.isDeleted ? 'trash' : 'git-commit');
  item.contextValue = version.isDeleted ? 'version.deleted' : 'version';
  const title = vscode.l10n.t('Compare with Previous Version');
  item.command = { command: commandIds.compareVersionBefore, title, arguments: [row] };
  return item;
}

/** Whether the file was renamed on this disk, and the rename not pushed, since the versions were loaded. */
function wasRenamedSince({ owner, path, versions }: ShownHistory): boolean {
  const [newest] = versions.items;
  if (!versions.isLoaded || newest?.path === path) return false;
  const former = owner.sync.history.formerLocalPath(path);
  return former !== undefined && former !== newest?.path;
}

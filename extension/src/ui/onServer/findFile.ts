import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { fileCount, formatNumber, joined } from '../../messages/format';
import { createPickList } from '../shared/quickInput';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { entryText } from './serverRows';

/** A list of more rows is slow to send to the window. Typing shortens it. */
const maxRows = 200;

type Action = 'open' | 'bring' | 'reveal';

export interface FoundFile {
  readonly path: string;
  readonly action: Action;
}

interface FileItem extends vscode.QuickPickItem {
  readonly path: string;
  readonly icon: string;
}

interface FindOptions {
  readonly title: string;
  readonly placeHolder: string;
  /** The action of a row; its buttons have the others. */
  readonly action: Action;
}

/** Lets the user find a file of the server by its name, and pick an action. Throws cancelled. */
export async function findFile(owner: SyncedFolder, options: FindOptions): Promise<FoundFile> {
  const finder = new FileFinder(owner, options);
  try {
    return await finder.run();
  } finally {
    finder.dispose();
  }
}

class FileFinder {
  readonly #owner: SyncedFolder;
  readonly #options: FindOptions;
  readonly #pick: ReturnType<typeof createPickList<FileItem>>;
  readonly #bring = { iconPath: new vscode.ThemeIcon('cloud-download'), tooltip: vscode.l10n.t('Bring Here') };
  readonly #reveal = { iconPath: new vscode.ThemeIcon('list-tree'), tooltip: vscode.l10n.t('Reveal in Server View') };
  /** Rises with each text, so that the matches of an older one are not shown. */
  #search = 0;

  constructor(owner: SyncedFolder, options: FindOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#pick = createPickList<FileItem>(options);
  }

  run(): Promise<FoundFile> {
    const { list } = this.#pick;
    const { action } = this.#options;
    return new Promise<FoundFile>((resolve, reject) => {
      list.onDidChangeValue((text) => void this.#show(text).catch(reject));
      list.onDidAccept(() => {
        const [picked] = list.selectedItems;
        if (picked !== undefined) resolve({ path: picked.item.path, action });
      });
      list.onDidTriggerItemButton(({ item, button }) => {
        resolve({ path: item.item.path, action: button === this.#bring ? 'bring' : 'reveal' });
      });
      list.onDidHide(() => reject(new PalmtreeError('cancelled', 'no file was picked')));
      list.show();
      this.#show('').catch(reject);
    });
  }

  dispose(): void {
    this.#search++;
    this.#pick.list.dispose();
  }

  async #show(text: string): Promise<void> {
    const search = ++this.#search;
    this.#pick.list.busy = true;
    const { sync } = this.#owner;
    const { paths, total } = await sync.serverFiles.find(text, maxRows);
    if (search !== this.#search) return;
    this.#pick.list.busy = false;
    this.#pick.setTitle([this.#options.title, foundText(paths.length, total)].join(' — '));
    this.#pick.setItems(paths.map((path) => this.#itemOf(path)));
  }

  #itemOf(path: string): FileItem {
    const isHere = this.#owner.sync.isOnDisk(path);
    const isBrought = isHere || this.#options.action === 'bring';
    return {
      path,
      label: path,
      // VS Code's own filter knows no matches with gaps.
      alwaysShow: true,
      icon: 'file',
      description: joined(' · ', entryText(this.#owner, path), isHere ? '' : vscode.l10n.t('not here')),
      buttons: isBrought ? [this.#reveal] : [this.#bring, this.#reveal],
    };
  }
}

function foundText(shown: number, total: number): string {
  if (shown < total) return vscode.l10n.t('first {0} of {1}', formatNumber(shown), formatNumber(total));
  return fileCount(total);
}

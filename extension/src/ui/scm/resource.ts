import * as vscode from 'vscode';
import type { ChangeGroupName, GroupedPath } from '../../core/status/changeGroups';
import { plainLine } from '../../messages/plainText';
import { commandIds } from '../shared/ids';
import { reasonMessage, statusPresentation } from '../views/statusPresentation';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The parts of a row that can change while its path has the same state. */
export interface ResourceLook {
  readonly tooltip: string;
  readonly isDeleted: boolean;
  /** The `scmResourceState` of the manifest's menus: `STATE`, with `.text` for a conflict that may be merged and `.here`. */
  readonly contextValue: string;
}

/** A row of the Source Control view. It is a class, since commands take plain objects for options. */
export class Resource implements vscode.SourceControlResourceState {
  readonly owner: SyncedFolder;
  readonly group: ChangeGroupName;
  readonly path: string;
  readonly state: GroupedPath['state'];
  readonly resourceUri: vscode.Uri;
  readonly contextValue: string;
  readonly decorations: vscode.SourceControlResourceDecorations;
  readonly command: vscode.Command;

  constructor(owner: SyncedFolder, group: ChangeGroupName, { path, state }: GroupedPath, look: ResourceLook) {
    this.owner = owner;
    this.group = group;
    this.path = path;
    this.state = state;
    this.resourceUri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
    this.contextValue = look.contextValue;
    this.decorations = { tooltip: look.tooltip, strikeThrough: look.isDeleted };
    this.command = { command: commandIds.openChange, title: vscode.l10n.t('Open Changes'), arguments: [this] };
  }

  looksLike({ tooltip, isDeleted, contextValue }: ResourceLook): boolean {
    const { decorations } = this;
    return (
      decorations.tooltip === tooltip && decorations.strikeThrough === isDeleted && this.contextValue === contextValue
    );
  }
}

export function lookOf({ sync }: SyncedFolder, { path, state }: GroupedPath, isMergeable: boolean): ResourceLook {
  const tooltip = plainLine(reasonMessage(sync, path, state) ?? statusPresentation(sync, path, state).tooltip);
  const isDeleted = state === 'deleted' || (state === 'incoming' && sync.isDeletedOnServer(path));
  const isHere = state === 'problem' || sync.isOnDisk(path);
  return { tooltip, isDeleted, contextValue: `${state}${isMergeable ? '.text' : ''}${isHere ? '.here' : ''}` };
}

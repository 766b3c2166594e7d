import * as vscode from 'vscode';
import { sentences } from '../../messages/format';
import { pulledMessage, pushedMessage } from '../../messages/doneMessages';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { undoAction, type NoticeAction, type OnUndone } from '../workspace/undoNotice';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { excludedActions } from './excludedFiles';
import { undoPushOf } from './undoPush';

/** The results of a command of the user. */
export interface Done {
  readonly pull?: PullResult;
  readonly push?: PushResult;
  /** Called when the pull was undone. */
  readonly onUndone?: OnUndone | undefined;
}

/** The changes that a command has made, in words, and the actions that undo them. */
export interface DoneNotice {
  /** Empty if nothing has changed. */
  readonly text: string;
  readonly actions: readonly NoticeAction[];
}

export const nothingDone: DoneNotice = { text: '', actions: [] };

export function doneNotice(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  { pull, push, onUndone }: Done,
): DoneNotice {
  const pulled = pull === undefined ? '' : pulledMessage(pull);
  const pushed = push === undefined ? '' : pushedMessage(push, owner.sync.state.counts.conflicts);
  const isOne = pulled === '' || pushed === '';
  const undoPull = isOne ? vscode.l10n.t('Undo') : vscode.l10n.t('Undo Pull');
  const undoPush = isOne ? vscode.l10n.t('Undo') : vscode.l10n.t('Undo Push');
  const actions = [
    ...excludedActions(owner, pull?.excluded ?? []),
    ...(push === undefined || pushed === ''
      ? []
      : [{ title: undoPush, run: () => undoPushOf(log, owner, push.revision) }]),
    ...(pull === undefined || pull.undo.length === 0
      ? []
      : [undoAction(log, owner, pull.undo, { title: undoPull, onUndone })]),
  ];
  return { text: sentences(pulled, pushed), actions };
}

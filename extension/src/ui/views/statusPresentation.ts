import { l10n } from 'vscode';
import type { PathState } from '../../core/status/pathState';
import { heldMessage } from '../../messages/heldMessages';
import { problemMessage } from '../../messages/problemMessages';
import type { FolderSync } from '../../sync/folder/folderSync';
import { colorIds } from '../shared/ids';

/** The appearance of a state in the tree view and in the Explorer. The arrows are those of the status bar. */
export interface StatusPresentation {
  readonly badge: string;
  readonly word: string;
  readonly tooltip: string;
  readonly color: string;
}

export const presentations: Readonly<Record<PathState, StatusPresentation>> = {
  modified: {
    badge: '↑',
    word: l10n.t('modified'),
    tooltip: l10n.t('Modified, to be pushed'),
    color: 'gitDecoration.modifiedResourceForeground',
  },
  added: {
    badge: '↑',
    word: l10n.t('added'),
    tooltip: l10n.t('Added, to be pushed'),
    color: 'gitDecoration.addedResourceForeground',
  },
  deleted: {
    badge: '↑',
    word: l10n.t('deleted'),
    tooltip: l10n.t(
      'Deleted here. A push deletes it on the server, whose history keeps it until the retention policy removes it.',
    ),
    color: colorIds.deleted,
  },
  both: {
    badge: '↑↓',
    word: l10n.t('both changed'),
    tooltip: l10n.t('Changed here and on the server. A pull merges changes that do not overlap.'),
    color: 'gitDecoration.modifiedResourceForeground',
  },
  conflict: {
    badge: '!',
    word: l10n.t('conflict'),
    tooltip: l10n.t('Conflict: changed here and on the server. Both versions are kept.'),
    color: colorIds.conflict,
  },
  problem: {
    badge: '⊘',
    word: l10n.t('problem'),
    tooltip: l10n.t("Can't be synced"),
    color: 'editorWarning.foreground',
  },
  held: {
    badge: '?',
    word: l10n.t('held'),
    tooltip: l10n.t('Held: others push to this tree too, so a pull leaves this file on the server until you decide.'),
    color: 'editorWarning.foreground',
  },
  incoming: {
    badge: '↓',
    word: l10n.t('incoming'),
    tooltip: l10n.t('Changed on the server, to be pulled'),
    color: 'gitDecoration.submoduleResourceForeground',
  },
};

const deletedOnServer: StatusPresentation = {
  ...presentations.incoming,
  word: l10n.t('deleted on the server'),
  tooltip: l10n.t('Deleted on the server. A pull deletes it here and keeps a backup.'),
};

/** The reason why the path has a problem or is held; undefined for other states. */
export function reasonMessage(
  sync: Pick<FolderSync, 'problemAt' | 'held'>,
  path: string,
  state: PathState | undefined,
): string | undefined {
  const problem = state === 'problem' ? sync.problemAt(path) : undefined;
  const held = state === 'held' ? sync.held.at(path) : undefined;
  return held === undefined ? problem && problemMessage(problem) : heldMessage(held);
}

export function statusPresentation(
  sync: Pick<FolderSync, 'isDeletedOnServer'>,
  path: string,
  state: PathState,
): StatusPresentation {
  return state === 'incoming' && sync.isDeletedOnServer(path) ? deletedOnServer : presentations[state];
}

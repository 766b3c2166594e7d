import type { PathState } from '../../core/status/pathState';
import type { PendingCounts } from '../../core/status/pending';
import type { FolderSync } from '../../sync/folder/folderSync';

/** How a state looks and reads, in the tree view and in the Explorer. Arrows as in the status bar. */
export interface StatusPresentation {
  readonly badge: string;
  readonly word: string;
  readonly tooltip: string;
  readonly color: string;
}

export const presentations: Readonly<Record<PathState, StatusPresentation>> = {
  modified: {
    badge: '↑',
    word: 'modified',
    tooltip: 'Modified: waits to be pushed',
    color: 'gitDecoration.modifiedResourceForeground',
  },
  added: {
    badge: '↑',
    word: 'added',
    tooltip: 'Added: waits to be pushed',
    color: 'gitDecoration.addedResourceForeground',
  },
  deleted: {
    badge: '↑',
    word: 'deleted',
    tooltip: 'Deleted here: a push deletes it on the server, whose history keeps it',
    color: 'gitDecoration.deletedResourceForeground',
  },
  both: {
    badge: '↑↓',
    word: 'changed here and on the server',
    tooltip: 'Changed here and on the server: a pull merges what does not meet',
    color: 'gitDecoration.modifiedResourceForeground',
  },
  conflict: {
    badge: '!',
    word: 'conflict',
    tooltip: 'Conflict: changed here and on the server; neither version was touched',
    color: 'gitDecoration.conflictingResourceForeground',
  },
  problem: {
    badge: '⊘',
    word: 'problem',
    tooltip: 'Cannot be synced',
    color: 'editorWarning.foreground',
  },
  incoming: {
    badge: '↓',
    word: 'incoming',
    tooltip: 'Changed on the server: waits to be pulled',
    color: 'gitDecoration.submoduleResourceForeground',
  },
};

const deletedThere: StatusPresentation = {
  ...presentations.incoming,
  word: 'deleted on the server',
  tooltip: 'Deleted on the server: a pull deletes it here, with a backup',
};

/** How the file at `path` looks in `state`. */
export function statusPresentation(
  sync: Pick<FolderSync, 'isDeletedOnServer'>,
  path: string,
  state: PathState,
): StatusPresentation {
  return state === 'incoming' && sync.isDeletedOnServer(path) ? deletedThere : presentations[state];
}

/** `↑3 ↓1 !1`, as in the status bar. */
export function pendingSigns({ outgoing, incoming, conflicts, problems }: PendingCounts): string {
  const signs = { '↑': outgoing, '↓': incoming, '⊘': problems, '!': conflicts };
  return Object.entries(signs)
    .flatMap(([sign, count]) => (count > 0 ? [`${sign}${count}`] : []))
    .join(' ');
}

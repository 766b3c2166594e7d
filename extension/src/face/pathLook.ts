import type { PathState } from '../engine/pathState';

/** How a state looks and reads, in the tree view and in the Explorer. Arrows as in the status bar. */
export interface PathLook {
  readonly badge: string;
  readonly word: string;
  readonly tooltip: string;
  readonly color: string;
}

export const looks: Readonly<Record<PathState, PathLook>> = {
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

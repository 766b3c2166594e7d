import { l10n } from 'vscode';
import type { PalmtreeError } from '../errors';
import type { DiscardPlan } from '../sync/history/discard';
import type { RestorePlan } from '../sync/history/restore';
import type { PullUndoPlan } from '../sync/history/undoPull';
import type { PushUndoPlan } from '../sync/history/undoPush';
import type { Overview } from '../sync/ports/syncState';
import type { ForcePushPlan } from '../sync/push/forcePush';
import { deletionGuardMessage } from './deletionGuardMessage';
import { formatNumber, relativeTime, sentences } from './format';
import { pathSection } from './pathList';

/** A message before a command changes what the user may not expect, with the paragraphs that explain it. */
export interface Confirmation {
  /** A statement where the buttons of a dialog ask; the command line then adds a question of its own. */
  readonly question: string;
  readonly detail: readonly string[];
}

function confirmation(question: string, ...detail: readonly string[]): Confirmation {
  return { question, detail: detail.filter((part) => part !== '') };
}

/** Lists what a force push would replace. */
export function forceConfirmation({ replaced, deleted, added, marked }: ForcePushPlan): Confirmation {
  const affected = replaced.length + deleted.length;
  return confirmation(
    forceQuestion(affected),
    pathSection(l10n.t('Will be replaced on the server'), replaced),
    pathSection(l10n.t('Will be deleted on the server'), deleted),
    pathSection(l10n.t('Will be added on the server'), added),
    pathSection(l10n.t('Left out, because they contain conflict markers'), marked),
    affected + added.length === 0 ? l10n.t('Nothing differs. All tracked files are verified on the server.') : '',
    l10n.t("Replaced and deleted versions stay in the history until the server's retention policy removes them."),
  );
}

function forceQuestion(affected: number): string {
  if (affected === 0) return l10n.t('Push all tracked files again?');
  return affected === 1
    ? l10n.t('Replace 1 file on the server with the local version?')
    : l10n.t('Replace {0} files on the server with the local versions?', formatNumber(affected));
}

/** Explains a comparison of all files with a server that no longer has the last synced revision. */
export function comparisonConfirmation({ binding, revision }: Pick<Overview, 'binding' | 'revision'>): Confirmation {
  const { tree = '', server = '' } = binding ?? {};
  return confirmation(
    l10n.t('{0} no longer has revision {1} of "{2}", which this folder was last synced with.', server, revision, tree),
    l10n.t(
      'The server was restored from an older copy, shows another history than before, or has removed old revisions. If you did not expect that, ask its administrator first.',
    ),
    l10n.t(
      'Palmtree can compare all files again. It replaces and deletes none: each file that differs becomes a conflict. Files that only the server has are pulled, and files that only this machine has are pushed again.',
    ),
  );
}

/** Lists the deletions that the guard has stopped. */
export function deletionsConfirmation(error: PalmtreeError): Confirmation {
  const { paths = [], deletions } = error.details;
  const { direction = 'push', emptied = 0 } = deletions ?? {};
  return confirmation(
    deletionGuardMessage(error),
    pathSection(guardHeading(direction, emptied > 0), paths),
    sentences(guardQuestion(error), l10n.t('Nothing has been changed yet.')),
  );
}

function guardHeading(direction: 'push' | 'pull', hasEmptied: boolean): string {
  if (direction === 'push') {
    return hasEmptied ? l10n.t('Will be deleted or emptied on the server') : l10n.t('Will be deleted on the server');
  }
  return hasEmptied ? l10n.t('Will be deleted or emptied here') : l10n.t('Will be deleted here');
}

function guardQuestion({ details: { deletions } }: PalmtreeError): string {
  const { direction = 'push', missingFolders = [], vanishedPaths = [] } = deletions ?? {};
  if (missingFolders.length === 0 && vanishedPaths.length > 0) {
    return l10n.t(
      'If a file was moved out of this folder, or renamed and edited, track it under its new name, or move it back.',
    );
  }
  return direction === 'push' || missingFolders.length > 0
    ? l10n.t('Is a disk not mounted, or was the folder emptied by mistake?')
    : l10n.t('Was the tree emptied by mistake on another machine? A backup keeps the files deleted here.');
}

/** Says that a tree, whose name may be mistyped, is not on the server. */
export function newTreeMessage(tree: string, server: string): string {
  return l10n.t('The tree "{0}" doesn\'t exist on {1} yet.', tree, server);
}

/** Warns of an address without TLS. */
export function unencryptedConfirmation(host: string): Confirmation {
  return confirmation(
    l10n.t('The connection to {0} is not encrypted.', host),
    l10n.t('Others could read the token and the files. Use https outside your own network.'),
  );
}

/** Asks whether the folder `name` is the one that was at `path`. */
export function movedConfirmation(name: string, path: string): Confirmation {
  return confirmation(
    l10n.t('Was the folder {0} moved here from {1}?', name, path),
    l10n.t(
      'If so, Palmtree keeps its data about the folder: the tracked files and the last synced revision. If not, it starts over and compares all files with the server.',
    ),
  );
}

export interface ShownRestore extends RestorePlan {
  /** The restored paths; `''` is the whole tree. */
  readonly paths: readonly string[];
  readonly revision: number;
  /** Those of `replaced` whose changes the server does not have. */
  readonly unpushed: ReadonlySet<string>;
  /** Files that an editor has not saved, and that are left alone. */
  readonly unsaved?: ReadonlySet<string>;
  readonly isOneFile?: boolean;
}

/** Lists what a restore would replace and create. */
export function restoreConfirmation(plan: ShownRestore): Confirmation {
  const { paths, revision, unpushed, unsaved = new Set(), isOneFile = false } = plan;
  const isSaved = (path: string): boolean => !unsaved.has(path);
  const replaced = plan.replaced.filter(isSaved);
  const all = [...plan.replaced, ...plan.untracked, ...plan.created];
  return confirmation(
    restoreQuestion(paths, revision),
    pathSection(
      l10n.t('Your unpushed changes will be replaced'),
      replaced.filter((path) => unpushed.has(path)),
    ),
    pathSection(l10n.t('These untracked files will be replaced and tracked'), plan.untracked.filter(isSaved)),
    pathSection(
      l10n.t('Will be replaced here'),
      replaced.filter((path) => !unpushed.has(path)),
    ),
    pathSection(l10n.t('Will be created here'), plan.created.filter(isSaved)),
    pathSection(
      l10n.t('Unsaved changes, left alone'),
      all.filter((path) => unsaved.has(path)),
    ),
    l10n.t('A backup keeps the replaced files.'),
    isOneFile ? '' : l10n.t('Files added later are kept.'),
  );
}

function restoreQuestion(paths: readonly string[], revision: number): string {
  if (paths.length > 1) return l10n.t('Restore {0} paths to revision {1}?', formatNumber(paths.length), revision);
  const [path = ''] = paths;
  return path === ''
    ? l10n.t('Restore the whole tree to revision {0}?', revision)
    : l10n.t('Restore {0} to revision {1}?', path, revision);
}

/**
 * Lists what a discard of local changes would do. `unsaved` are files that are left alone: an editor has not saved them, or
 * they are being merged.
 */
export function discardConfirmation(plan: DiscardPlan, unsaved: ReadonlySet<string> = new Set()): Confirmation {
  const isSaved = (path: string): boolean => !unsaved.has(path);
  const all = [...plan.replaced, ...plan.created, ...plan.removed];
  return confirmation(
    discardQuestion(plan, all.filter(isSaved)),
    pathSection(l10n.t('Will go back to the last synced version'), plan.replaced.filter(isSaved)),
    pathSection(l10n.t('Deleted here, will be restored'), plan.created.filter(isSaved)),
    pathSection(l10n.t('Never pushed, will be moved to the backups'), plan.removed.filter(isSaved)),
    pathSection(l10n.t('In conflict, left alone'), plan.conflicts),
    pathSection(
      l10n.t('Unsaved changes or a merge in progress, left alone'),
      all.filter((path) => unsaved.has(path)),
    ),
    l10n.t('A backup keeps your versions, and Undo brings them back.'),
  );
}

function discardQuestion({ created, removed }: DiscardPlan, affected: readonly string[]): string {
  const [path = ''] = affected;
  if (affected.length !== 1) {
    return l10n.t('Discard the local changes in {0} files?', formatNumber(affected.length));
  }
  if (removed.includes(path)) return l10n.t('Discard the new file {0}?', path);
  return created.includes(path)
    ? l10n.t('Discard the deletion of {0}?', path)
    : l10n.t('Discard the local changes in {0}?', path);
}

/** Lists exactly what an undo of a pull, a decision, a restore or a discard will do. */
export function undoPullConfirmation(plan: PullUndoPlan): Confirmation {
  const { kind, restored, removed, conflicts, changedSince, unsaved, lost } = plan;
  return confirmation(
    undoQuestion(plan),
    madeSentence(plan),
    pathSection(l10n.t('Will be restored here'), restored),
    pathSection(l10n.t('Will be removed here again'), removed),
    pathSection(l10n.t('Will be in conflict again'), conflicts),
    pathSection(l10n.t('Changed since, left alone'), changedSince),
    pathSection(l10n.t('Unsaved changes, left alone'), unsaved),
    pathSection(l10n.t("Can't be restored, because the backup is gone"), lost),
    kind === 'pull'
      ? l10n.t('The server is not changed. The next pull brings its changes again.')
      : l10n.t('The server is not changed.'),
  );
}

function undoQuestion({ kind, isLast, revision, restored, removed }: PullUndoPlan): string {
  if (kind === 'decision') return l10n.t('Undo the decision about conflicts?');
  if (kind === 'restore') return l10n.t('Undo the restore of old versions?');
  if (kind === 'discard') return l10n.t('Restore the discarded local changes?');
  const undone = restored.length + removed.length;
  if (undone === 0) {
    return isLast ? l10n.t('Undo the last pull?') : l10n.t('Undo the pull of revision {0}?', revision);
  }
  if (isLast) {
    return undone === 1
      ? l10n.t('Undo the last pull (1 file)?')
      : l10n.t('Undo the last pull ({0} files)?', formatNumber(undone));
  }
  return undone === 1
    ? l10n.t('Undo the pull of revision {0} (1 file)?', revision)
    : l10n.t('Undo the pull of revision {0} ({1} files)?', revision, formatNumber(undone));
}

function madeSentence({ kind, revision, at }: PullUndoPlan): string {
  const time = relativeTime(new Date(at), new Date());
  return kind === 'pull' ? l10n.t('It pulled revision {0}, {1}.', revision, time) : l10n.t('It was made {0}.', time);
}

/** Lists exactly what an undo of a push will do. */
export function undoPushConfirmation(revision: number, plan: PushUndoPlan): Confirmation {
  const { author, reverted, restored, deleted, changedSince, beforeRemoved } = plan;
  const undone = reverted.length + restored.length + deleted.length;
  return confirmation(
    undone === 1
      ? l10n.t('Undo push r{0} by {1} (1 file)?', revision, author)
      : l10n.t('Undo push r{0} by {1} ({2} files)?', revision, author, formatNumber(undone)),
    pathSection(l10n.t('Will be reverted on the server'), reverted),
    pathSection(l10n.t('Will be restored on the server'), restored),
    pathSection(l10n.t('Will be deleted on the server'), deleted),
    pathSection(l10n.t('Changed since, left alone'), changedSince),
    pathSection(l10n.t('Earlier version no longer on the server, left alone'), beforeRemoved),
    l10n.t('This creates a new revision on the server. Your files here change with the next pull.'),
  );
}

import { l10n } from 'vscode';
import type { PalmtreeError } from '../errors';
import type { PullUndoPlan, UndoPullResult } from '../sync/history/undoPull';
import { formatNumber, relativeTime, sentences } from './format';
import { pathList, quotedPaths } from './pathList';

/** Says what an undo of a pull, a decision or a restore has done. */
export function undonePullMessage(
  { kind, revision }: Pick<PullUndoPlan, 'kind' | 'revision'>,
  { restored, removed, conflicts }: Pick<UndoPullResult, 'restored' | 'removed' | 'conflicts'>,
): string {
  const files = restored.length + removed.length;
  if (files + conflicts.length === 0) return l10n.t('Nothing was undone.');
  if (kind === 'pull') {
    const text =
      files === 1
        ? l10n.t('1 file is as it was before the pull of revision {0}.', revision)
        : l10n.t('{0} files are as they were before the pull of revision {1}.', formatNumber(files), revision);
    return sentences(text, l10n.t('The next pull brings its changes again.'));
  }
  if (kind === 'restore') {
    return files === 1
      ? l10n.t('1 file is as it was before the restore.')
      : l10n.t('{0} files are as they were before the restore.', formatNumber(files));
  }
  if (kind === 'discard') {
    return files === 1
      ? l10n.t('1 file has its local changes again.')
      : l10n.t('{0} files have their local changes again.', formatNumber(files));
  }
  if (conflicts.length === 0) return l10n.t('The decision is undone.');
  return conflicts.length === 1
    ? l10n.t('The decision is undone: {0} is in conflict again.', pathList(conflicts))
    : l10n.t('The decision is undone: {0} files are in conflict again.', formatNumber(conflicts.length));
}

/** Names the files that an undo left alone; empty if there are none. */
export function changedSinceMessage(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  return paths.length === 1
    ? l10n.t('{0} has changed since and was left alone.', pathList(paths))
    : l10n.t('{0} have changed since and were left alone.', pathList(paths));
}

/** Names the files that an undo left alone because nothing is left to restore; empty if there are none. */
export function beforeRemovedMessage(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  return paths.length === 1
    ? l10n.t('The server no longer has the earlier version of {0}, so it was left alone.', pathList(paths))
    : l10n.t('The server no longer has the earlier versions of {0}, so they were left alone.', pathList(paths));
}

/** Says why a change cannot be undone, and which one, if the user named it: by the button of an old notification. */
export function nothingToUndoMessage({ details: { undo, paths = [], beforeRemoved = [] } }: PalmtreeError): string {
  if (undo === undefined) {
    if (beforeRemoved.length > 0) return nothingLeftMessage(paths, beforeRemoved);
    return paths.length === 0
      ? l10n.t('There is nothing to undo.')
      : l10n.t('Nothing was undone, because {0} changed since.', quotedPaths(paths));
  }
  const { kind, revision = '', at, state } = undo;
  const time = at === undefined ? '' : relativeTime(new Date(at), new Date());
  const changed = quotedPaths(paths);
  return kind === 'pull' ? pullNotUndone(state, revision, time, changed) : changeNotUndone(state, time, changed);
}

type NotUndone = NonNullable<PalmtreeError['details']['undo']>['state'];

function pullNotUndone(state: NotUndone, revision: number | string, time: string, changed: string): string {
  switch (state) {
    case 'undone':
      return l10n.t('The pull of revision {0} ({1}) was already undone.', revision, time);
    case 'deleted':
      return l10n.t("The pull of revision {0} ({1}) can't be undone, because its backup was deleted.", revision, time);
    case 'elsewhere':
      return l10n.t(
        "The pull of revision {0} ({1}) can't be undone, because this folder was connected to another server or tree at that time.",
        revision,
        time,
      );
    case 'changed':
      return l10n.t(
        'The pull of revision {0} ({1}) was not undone, because a later pull, undo or edit changed {2}.',
        revision,
        time,
        changed,
      );
  }
}

function changeNotUndone(state: NotUndone, time: string, changed: string): string {
  switch (state) {
    case 'undone':
      return l10n.t('The change made {0} was already undone.', time);
    case 'deleted':
      return l10n.t("The change made {0} can't be undone, because its backup was deleted.", time);
    case 'elsewhere':
      return l10n.t(
        "The change made {0} can't be undone, because this folder was connected to another server or tree at that time.",
        time,
      );
    case 'changed':
      return l10n.t(
        'The change made {0} was not undone, because a later pull, undo or edit changed {1}.',
        time,
        changed,
      );
  }
}

function nothingLeftMessage(changed: readonly string[], beforeRemoved: readonly string[]): string {
  return changed.length === 0
    ? l10n.t(
        'Nothing was undone, because the server no longer has the earlier version of {0}.',
        quotedPaths(beforeRemoved),
      )
    : l10n.t(
        'Nothing was undone, because {0} changed since, and the server no longer has the earlier version of {1}.',
        quotedPaths(changed),
        quotedPaths(beforeRemoved),
      );
}

import { l10n } from 'vscode';
import type { ChangedNames } from '../core/changedNames';
import type { PullResult } from '../sync/pull/pull';
import type { PushResult } from '../sync/push/push';
import { formatNumber, sentences } from './format';
import { pathList } from './pathList';
import { excludedMessage } from './sharedRulesMessages';

/** `Pushed 3 files: a, b, c. Deleted d on the server. 1 conflict is left.` Empty if nothing was pushed. */
export function pushedMessage({ put, deleted, renamed, names }: PushResult, conflicts: number): string {
  if (put + deleted === 0) return '';
  return sentences(
    pushedSentence(put - renamed, names),
    renamedSentence(renamed, names),
    deletedOnServerSentence(deleted - renamed, names),
    conflictsSentence(conflicts),
  );
}

/** `Pulled 3 files: a, b, c. Deleted d here.` Names the files whose sync the pull has ended. Empty if nothing was pulled. Conflicts and merges have their own sentences. */
export function pulledMessage({ written, deleted, renamed, names, held, excluded = [] }: PullResult): string {
  if (written + deleted === 0) return excludedMessage(excluded);
  return sentences(
    pulledSentence(written - renamed, names),
    renamedSentence(renamed, names),
    deletedHereSentence(deleted - renamed, names),
    excludedMessage(excluded),
    held.length === 1 ? l10n.t('1 file is held on the server until you decide.') : '',
    held.length > 1 ? l10n.t('{0} files are held on the server until you decide.', formatNumber(held.length)) : '',
  );
}

function pushedSentence(count: number, { written }: ChangedNames): string {
  if (count === 0) return '';
  const paths = pathList(written, count);
  return count === 1 ? l10n.t('Pushed {0}.', paths) : l10n.t('Pushed {0} files: {1}.', formatNumber(count), paths);
}

function pulledSentence(count: number, { written }: ChangedNames): string {
  if (count === 0) return '';
  const paths = pathList(written, count);
  return count === 1 ? l10n.t('Pulled {0}.', paths) : l10n.t('Pulled {0} files: {1}.', formatNumber(count), paths);
}

function renamedSentence(count: number, { renamed }: ChangedNames): string {
  if (count === 0) return '';
  const paths = pathList(renamed, count);
  return count === 1
    ? l10n.t('Renamed a file to {0}.', paths)
    : l10n.t('Renamed {0} files: {1}.', formatNumber(count), paths);
}

function deletedOnServerSentence(count: number, { deleted }: ChangedNames): string {
  if (count === 0) return '';
  const paths = pathList(deleted, count);
  return count === 1
    ? l10n.t('Deleted {0} on the server.', paths)
    : l10n.t('Deleted {0} files on the server: {1}.', formatNumber(count), paths);
}

function deletedHereSentence(count: number, { deleted }: ChangedNames): string {
  if (count === 0) return '';
  const paths = pathList(deleted, count);
  return count === 1
    ? l10n.t('Deleted {0} here.', paths)
    : l10n.t('Deleted {0} files here: {1}.', formatNumber(count), paths);
}

function conflictsSentence(count: number): string {
  if (count === 0) return '';
  return count === 1 ? l10n.t('1 conflict is left.') : l10n.t('{0} conflicts are left.', formatNumber(count));
}

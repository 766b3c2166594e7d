import { l10n } from 'vscode';
import type { RevisionSummary } from '../../../server/src/contract/history';
import type { FileVersion } from '../sync/history/fileVersions';
import { formatBytes, formatNumber, joined, relativeTime } from './format';

/**
 * `3 minutes ago · renamed from notes/old.md · “the message” · 12.0 kB`. The size comes last, since a narrow view cuts off
 * the end.
 */
export function versionDescription({ createdAt, message, entry, renamedFrom }: FileVersion, now: Date): string {
  const size =
    entry === null ? l10n.t('deleted') : entry.kind === 'symlink' ? l10n.t('symbolic link') : formatBytes(entry.size);
  const rename = renamedFrom === undefined ? '' : l10n.t('renamed from {0}', renamedFrom);
  return joined(' · ', relativeTime(new Date(createdAt), now), rename, quotedMessage(message), size);
}

/** The part of a revision's description about the changes that the server has removed. */
function removedText({ put, deleted, removed = 0 }: RevisionSummary): string {
  if (removed === 0) return '';
  return removed >= put + deleted
    ? l10n.t('removed by retention')
    : l10n.t('{0} removed by retention', formatNumber(removed));
}

/** `3 minutes ago · “the message” · 1 renamed, 2 changed, 1 deleted · forced · removed by retention` */
export function revisionDescription(revision: RevisionSummary, now: Date): string {
  const { createdAt, message, forced, renamed = 0 } = revision;
  const [put, deleted] = [revision.put - renamed, revision.deleted - renamed];
  const changes = joined(
    ', ',
    renamed > 0 ? l10n.t('{0} renamed', formatNumber(renamed)) : '',
    put > 0 ? l10n.t('{0} changed', formatNumber(put)) : '',
    deleted > 0 ? l10n.t('{0} deleted', formatNumber(deleted)) : '',
  );
  const time = relativeTime(new Date(createdAt), now);
  const isForced = forced ? l10n.t('forced') : '';
  return joined(' · ', time, quotedMessage(message), changes, isForced, removedText(revision));
}

function quotedMessage(message: string | null): string {
  const [line = ''] = (message ?? '').split('\n');
  return line === '' ? '' : `“${line}”`;
}

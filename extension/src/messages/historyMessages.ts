import { l10n } from 'vscode';
import type { RevisionSummary } from '../../../server/src/contract/history';
import type { FileVersion } from '../sync/history/fileVersions';
import { cited, commaList, formatBytes, formatNumber, joined, relativeTime } from './format';

/**
 * `3 minutes ago · renamed from notes/old.md · “the message” · 12.0 kB`. The size comes last, since a narrow view cuts off
 * the end.
 */
export function versionDescription(version: FileVersion, now: Date): string {
  return joined(' · ', ...versionWords(version, now));
}

/** The same in parts, some of which may be empty. */
export function versionWords({ createdAt, message, entry, renamedFrom }: FileVersion, now: Date): readonly string[] {
  const size =
    entry === null ? l10n.t('deleted') : entry.kind === 'symlink' ? l10n.t('symbolic link') : formatBytes(entry.size);
  const rename = renamedFrom === undefined ? '' : l10n.t('renamed from {0}', renamedFrom);
  return [relativeTime(new Date(createdAt), now), rename, quotedMessage(message), size];
}

/** The part of a revision's description about the changes that the server has removed. */
function removedText({ put, deleted, removed = 0 }: RevisionSummary): string {
  if (removed === 0) return '';
  if (removed >= put + deleted) return l10n.t('removed by retention');
  return removed === 1
    ? l10n.t('1 change removed by retention')
    : l10n.t('{0} changes removed by retention', formatNumber(removed));
}

/** `1 renamed, 2 changed, 1 deleted`. The languages in which these words agree with the number have two of each. */
function changesText(revision: RevisionSummary): string {
  const { renamed = 0 } = revision;
  const [put, deleted] = [revision.put - renamed, revision.deleted - renamed];
  const parts = [
    renamed === 1 ? l10n.t('1 renamed') : '',
    renamed > 1 ? l10n.t('{0} renamed', formatNumber(renamed)) : '',
    put === 1 ? l10n.t('1 changed') : '',
    put > 1 ? l10n.t('{0} changed', formatNumber(put)) : '',
    deleted === 1 ? l10n.t('1 deleted') : '',
    deleted > 1 ? l10n.t('{0} deleted', formatNumber(deleted)) : '',
  ];
  return commaList(parts);
}

/** `3 minutes ago · “the message” · 1 renamed, 2 changed, 1 deleted · forced · removed by retention` */
export function revisionDescription(revision: RevisionSummary, now: Date): string {
  return joined(' · ', ...revisionWords(revision, now));
}

/** The same in parts, some of which may be empty. */
export function revisionWords(revision: RevisionSummary, now: Date): readonly string[] {
  const { createdAt, message, forced } = revision;
  const time = relativeTime(new Date(createdAt), now);
  const isForced = forced ? l10n.t('forced') : '';
  return [time, quotedMessage(message), changesText(revision), isForced, removedText(revision)];
}

function quotedMessage(message: string | null): string {
  const [line = ''] = (message ?? '').split('\n');
  return line === '' ? '' : cited(line);
}

import { l10n } from 'vscode';
import type { PendingCounts } from '../core/status/folderSummaries';
import type { PullResult } from '../sync/pull/pull';
import type { PushResult } from '../sync/push/push';
import { commaList, formatNumber } from './format';
import { excludedCounts } from './sharedRulesMessages';

/** `pushed 3 files, renamed 1 file, deleted 1 file, 1 conflict skipped, revision 8` */
export function pushSummary(
  { revision, put, deleted, renamed }: PushResult,
  { conflicts, problems }: Pick<PendingCounts, 'conflicts' | 'problems'>,
): string {
  return commaList([
    pushedPart(put - renamed),
    renamedPart(renamed),
    deletedPart(deleted - renamed),
    put + deleted === 0 ? l10n.t('nothing to push') : '',
    conflicts === 1 ? l10n.t('1 conflict skipped') : '',
    conflicts > 1 ? l10n.t('{0} conflicts skipped', formatNumber(conflicts)) : '',
    problems === 1 ? l10n.t('1 problem skipped') : '',
    problems > 1 ? l10n.t('{0} problems skipped', formatNumber(problems)) : '',
    revisionPart(revision),
  ]);
}

/** `pulled 3 files, renamed 1 file, merged 1 file, 2 conflicts, 1 file skipped, revision 8` */
export function pullSummary(result: PullResult): string {
  const { revision, written, deleted, renamed, merged, conflicts, skipped, held, excluded = [] } = result;
  const touched = written + deleted + merged.length + conflicts.length + skipped.length + held.length;
  return commaList([
    touched === 0 ? l10n.t('nothing to pull') : '',
    pulledPart(written - renamed),
    renamedPart(renamed),
    deletedPart(deleted - renamed),
    merged.length === 1 ? l10n.t('merged 1 file') : '',
    merged.length > 1 ? l10n.t('merged {0} files', formatNumber(merged.length)) : '',
    conflicts.length === 1 ? l10n.t('1 conflict') : '',
    conflicts.length > 1 ? l10n.t('{0} conflicts', formatNumber(conflicts.length)) : '',
    skipped.length === 1 ? l10n.t('1 file skipped') : '',
    skipped.length > 1 ? l10n.t('{0} files skipped', formatNumber(skipped.length)) : '',
    held.length === 1 ? l10n.t('1 file held') : '',
    held.length > 1 ? l10n.t('{0} files held', formatNumber(held.length)) : '',
    ...excludedCounts(excluded),
    revisionPart(revision),
  ]);
}

function pushedPart(files: number): string {
  if (files === 0) return '';
  return files === 1 ? l10n.t('pushed 1 file') : l10n.t('pushed {0} files', formatNumber(files));
}

function pulledPart(files: number): string {
  if (files === 0) return '';
  return files === 1 ? l10n.t('pulled 1 file') : l10n.t('pulled {0} files', formatNumber(files));
}

function renamedPart(renamed: number): string {
  if (renamed === 0) return '';
  return renamed === 1 ? l10n.t('renamed 1 file') : l10n.t('renamed {0} files', formatNumber(renamed));
}

function deletedPart(deleted: number): string {
  if (deleted === 0) return '';
  return deleted === 1 ? l10n.t('deleted 1 file') : l10n.t('deleted {0} files', formatNumber(deleted));
}

function revisionPart(revision: number): string {
  return l10n.t('revision {0}', revision);
}

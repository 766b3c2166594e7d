import { l10n } from 'vscode';
import type { PendingCounts } from '../core/status/folderSummaries';
import { formatNumber } from './format';

/** `2 to push`, `1 to pull`, `1 conflict`: the counts of pending changes in words. */
export function pendingWords({ outgoing, incoming, conflicts, problems, held }: PendingCounts): string[] {
  const parts: string[] = [];
  if (outgoing > 0) parts.push(l10n.t('{0} to push', formatNumber(outgoing)));
  if (incoming > 0) parts.push(l10n.t('{0} to pull', formatNumber(incoming)));
  if (problems === 1) parts.push(l10n.t("1 can't be synced"));
  if (problems > 1) parts.push(l10n.t("{0} can't be synced", formatNumber(problems)));
  if (held === 1) parts.push(l10n.t('1 held until you decide'));
  if (held > 1) parts.push(l10n.t('{0} held until you decide', formatNumber(held)));
  if (conflicts === 1) parts.push(l10n.t('1 conflict'));
  if (conflicts > 1) parts.push(l10n.t('{0} conflicts', formatNumber(conflicts)));
  return parts;
}

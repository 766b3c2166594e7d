import { l10n } from 'vscode';
import { parentOf } from '../../core/paths';
import type { PendingCounts } from '../../core/status/folderSummaries';
import { formatNumber } from './format';

/** The words that a screen reader reads for a row: `plan.md, conflict, in notes`. */
export function rowLabel(name: string, ...parts: readonly string[]): { readonly label: string } {
  return { label: [name, ...parts].filter((part) => part !== '').join(', ') };
}

/** `in notes/2026`; empty for a path that is in no folder. */
export function inFolderOf(path: string): string {
  const folder = parentOf(path) ?? '';
  return folder === '' ? '' : l10n.t('in {0}', folder);
}

/** `2 to push`, `1 to pull`, `1 conflict`: the signs of `pendingSigns` in words. */
export function pendingWords({ outgoing, incoming, conflicts, problems, held }: PendingCounts): string[] {
  const parts: string[] = [];
  if (outgoing > 0) parts.push(l10n.t('{0} to push', formatNumber(outgoing)));
  if (incoming > 0) parts.push(l10n.t('{0} to pull', formatNumber(incoming)));
  if (problems > 0) parts.push(l10n.t("{0} can't be synced", formatNumber(problems)));
  if (held > 0) parts.push(l10n.t('{0} held until you decide', formatNumber(held)));
  if (conflicts === 1) parts.push(l10n.t('1 conflict'));
  if (conflicts > 1) parts.push(l10n.t('{0} conflicts', formatNumber(conflicts)));
  return parts;
}

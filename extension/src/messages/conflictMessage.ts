import { l10n } from 'vscode';
import type { Conflict } from '../core/change';

/** The kind of a conflict, for a row's description; empty when both sides edited a file. */
export function conflictMessage({ local, remote, ancestor }: Conflict): string {
  if (local === undefined) return l10n.t('deleted here');
  if (remote === undefined) return l10n.t('deleted on the server');
  if (ancestor === undefined) return l10n.t('added on both sides');
  return '';
}

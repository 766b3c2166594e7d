import { l10n } from 'vscode';
import { parentOf } from '../../core/paths';
import { commaList } from '../../messages/format';

/** The words that a screen reader reads for a row: `plan.md, conflict, in notes`. */
export function rowLabel(name: string, ...parts: readonly string[]): { readonly label: string } {
  return { label: commaList([name, ...parts]) };
}

/** `in notes/2026`; empty for a path that is in no folder. */
export function inFolderOf(path: string): string {
  const folder = parentOf(path) ?? '';
  return folder === '' ? '' : l10n.t('in {0}', folder);
}

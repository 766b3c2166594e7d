import { l10n } from 'vscode';
import { parentOf } from '../../core/paths';

/** The words that a screen reader reads for a row: `plan.md, conflict, in notes`. */
export function rowLabel(name: string, ...parts: readonly string[]): { readonly label: string } {
  return { label: [name, ...parts].filter((part) => part !== '').join(', ') };
}

/** `in notes/2026`; empty for a path that is in no folder. */
export function inFolderOf(path: string): string {
  const folder = parentOf(path) ?? '';
  return folder === '' ? '' : l10n.t('in {0}', folder);
}

import { l10n } from 'vscode';
import type { PalmtreeError } from '../errors';
import { formatNumber, sentences } from './format';
import { quotedPaths } from './pathList';

/** The effect of the push or pull that the deletion guard stopped. */
export function deletionGuardMessage({ details }: PalmtreeError): string {
  const { deletes = 0, emptied = 0, tracked = 0, missingFolders = [], vanishedPaths = [] } = details.deletions ?? {};
  const { deletedFolders = [], lostFolders = [], isReplaced = false } = details.deletions ?? {};
  return sentences(
    stoppedText(deletes, emptied, tracked),
    ...(isReplaced ? [l10n.t('Another folder is in the place of the one that was synced.')] : []),
    ...folderText(missingFolders, {
      root: () => l10n.t('All tracked files in this folder are missing.'),
      others: (names) => l10n.t('All tracked files in {0} are missing.', names),
    }),
    ...vanishedText(vanishedPaths),
    ...folderText(deletedFolders, {
      root: () => l10n.t('No tracked file would be left in this folder.'),
      others: (names) => l10n.t('No tracked file would be left in {0}.', names),
    }),
    ...(lostFolders.length === 0
      ? []
      : [l10n.t('All tracked files in {0} would be deleted or emptied.', quotedPaths(lostFolders))]),
  );
}

function stoppedText(deletes: number, emptied: number, tracked: number): string {
  const [deleting, emptying, all] = [formatNumber(deletes), formatNumber(emptied), formatNumber(tracked)];
  if (tracked === 1 && deletes === 1) return l10n.t('Stopped: this would delete the only tracked file.');
  if (tracked === 1 && emptied === 1) return l10n.t('Stopped: this would empty the only tracked file.');
  if (deletes > 0 && emptied > 0) {
    return l10n.t('Stopped: this would delete {0} and empty {1} of {2} tracked files.', deleting, emptying, all);
  }
  if (deletes > 0) return l10n.t('Stopped: this would delete {0} of {1} tracked files.', deleting, all);
  if (emptied > 0) return l10n.t('Stopped: this would empty {0} of {1} tracked files.', emptying, all);
  return l10n.t('Stopped.');
}

/** The workspace folder, `''`, contains all others. */
function folderText(
  folders: readonly string[],
  text: { readonly root: () => string; readonly others: (names: string) => string },
): string[] {
  if (folders.length === 0) return [];
  return [folders.includes('') ? text.root() : text.others(quotedPaths(folders))];
}

function vanishedText(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return paths.length === 1
    ? [l10n.t('You track {0}, but it no longer exists here.', quotedPaths(paths))]
    : [l10n.t('You track {0}, but they no longer exist here.', quotedPaths(paths))];
}

import { l10n } from 'vscode';
import { pathList } from './pathList';

/** Names the files that an undo left alone; empty if there are none. */
export function changedSinceMessage(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  return paths.length === 1
    ? l10n.t('{0} has changed since and was left alone.', pathList(paths))
    : l10n.t('{0} have changed since and were left alone.', pathList(paths));
}

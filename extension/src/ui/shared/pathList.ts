import { l10n } from 'vscode';
import { formatNumber } from './format';

const maxInSentence = 3;
const maxInDialog = 10;

/** `a, b, c and 2 more`, for a sentence. */
export function pathList(paths: readonly string[]): string {
  const shown = paths.slice(0, maxInSentence).join(', ');
  return paths.length > maxInSentence
    ? l10n.t('{0} and {1} more', shown, formatNumber(paths.length - maxInSentence))
    : shown;
}

/** `"a", "b", "c" and 2 more`, for a sentence. */
export function quotedPaths(paths: readonly string[]): string {
  return pathList(paths.map((path) => `"${path}"`));
}

/** The first paths, one per line, for a dialog's detail. */
export function pathLines(paths: readonly string[], indent = ''): string {
  const lines = paths.slice(0, maxInDialog);
  if (paths.length > maxInDialog) lines.push(l10n.t('… and {0} more', formatNumber(paths.length - maxInDialog)));
  return lines.map((line) => indent + line).join('\n');
}

/** A heading with the number of paths and the first of them; empty without a path. */
export function pathSection(title: string, paths: readonly string[]): string {
  return paths.length === 0 ? '' : `${title} (${formatNumber(paths.length)}):\n${pathLines(paths, '  ')}`;
}

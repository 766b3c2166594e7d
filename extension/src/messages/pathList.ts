import { l10n } from 'vscode';
import { sortedNaturally } from '../core/paths';
import { commaList, formatNumber, quoted } from './format';
import { plainLine } from './plainText';

const maxInSentence = 3;
const maxInDialog = 10;

/** `a, b, c and 2 more`, for a sentence. `count` is the number of all, if `paths` has only the first ones. */
export function pathList(paths: readonly string[], count = paths.length): string {
  const first = sortedNaturally(paths).slice(0, maxInSentence);
  const shown = commaList(first.map(plainLine));
  return count > first.length ? l10n.t('{0} and {1} more', shown, formatNumber(count - first.length)) : shown;
}

/** `"a", "b", "c" and 2 more`, for a sentence. */
export function quotedPaths(paths: readonly string[]): string {
  return pathList(paths.map(quoted));
}

/** The first paths, one per line, for a dialog's detail. */
export function pathLines(paths: readonly string[]): string {
  return firstLines(sortedNaturally(paths)).join('\n');
}

/** A heading with the number of paths and the first of them, at most `max`; empty without a path. */
export function pathSection(title: string, paths: readonly string[], max = maxInDialog): string {
  return listSection(title, sortedNaturally(paths), max);
}

/** The same for lines in an order of their own. */
export function listSection(title: string, lines: readonly string[], max = maxInDialog): string {
  const indented = firstLines(lines, max).map((line) => `  ${line}`);
  return lines.length === 0 ? '' : [l10n.t('{0} ({1}):', title, formatNumber(lines.length)), ...indented].join('\n');
}

function firstLines(lines: readonly string[], max = maxInDialog): string[] {
  const first = lines.slice(0, max).map(plainLine);
  if (lines.length > max) first.push(l10n.t('… and {0} more', formatNumber(lines.length - max)));
  return first;
}

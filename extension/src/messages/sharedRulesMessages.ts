import { l10n } from 'vscode';
import { ignoreFileName, sharedFiles, sharedSettingsName, type SharedFile } from '../core/sharedFiles';
import type { SharedlyExcluded, SharedSettings } from '../core/tracking/sharedRules';
import { commaList, formatNumber, quoted, sentences } from './format';
import { pathList } from './pathList';

/** The number of files that each file of the shared rules excludes, without those that exclude none. */
function countsByFile(excluded: readonly SharedlyExcluded[]): readonly (readonly [SharedFile, number])[] {
  return sharedFiles.flatMap((file) => {
    const count = excluded.filter(({ by }) => by === file).length;
    return count === 0 ? [] : [[file, count] as const];
  });
}

/** `3 files are no longer synced, because .palmtreeignore excludes them: a, b, c.` Empty without a file. */
export function excludedMessage(excluded: readonly SharedlyExcluded[]): string {
  const texts = countsByFile(excluded).map(([file, count]) => {
    const paths = pathList(excluded.flatMap(({ path, by }) => (by === file ? [path] : [])));
    return count === 1
      ? l10n.t('{0} is no longer synced, because {1} excludes it.', paths, file)
      : l10n.t('{0} files are no longer synced, because {1} excludes them: {2}.', formatNumber(count), file, paths);
  });
  return sentences(...texts);
}

/** `excluded by .palmtreeignore`, after a path. */
export function excludedByMessage(file: SharedFile): string {
  return l10n.t('excluded by {0}', file);
}

/** `3 files excluded by .palmtreeignore`, for a list of counts. */
export function excludedCounts(excluded: readonly SharedlyExcluded[]): readonly string[] {
  return countsByFile(excluded).map(([file, count]) =>
    count === 1
      ? l10n.t('1 file excluded by {0}', file)
      : l10n.t('{0} files excluded by {1}', formatNumber(count), file),
  );
}

/** Names the keys of `.palmtree.json` that do not count. Empty if all do. */
export function ignoredKeysMessage({ machineKeys, unknownKeys }: SharedSettings): string {
  const [machine, unknown] = [machineKeys, unknownKeys].map((keys) => commaList(keys.map(quoted)));
  return sentences(
    machine ? l10n.t('Only each machine itself can set {0}, so {1} does not.', machine, sharedSettingsName) : '',
    unknown ? l10n.t('{0} in {1} is no setting, and is ignored.', unknown, sharedSettingsName) : '',
  );
}

/** The text of a new `.palmtreeignore`. */
export function newIgnoreFile(): string {
  const lines = [
    l10n.t('Files that are not synced, in the syntax of .gitignore. This file is synced itself.'),
    l10n.t('Excluding a file deletes it nowhere. Example: /build/'),
  ];
  return `${lines.map((line) => `# ${line}`).join('\n')}\n`;
}

/** `isUnsaved`: the file has other unsaved edits, so the user has to save it. */
export function addedToIgnoreFile(paths: readonly string[], isUnsaved: boolean): string {
  const list = pathList(paths);
  if (isUnsaved) return l10n.t('Save {0} to exclude {1}.', ignoreFileName, list);
  return l10n.t(
    '{0} excludes {1}. Nothing is deleted. Push to exclude it on the other machines too.',
    ignoreFileName,
    list,
  );
}

/** Names paths that stay synced because rules of their own track them. Empty without a path. */
export function keptAlthoughIgnored(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  return l10n.t(
    'Still synced on this machine, because it is tracked by name: {0}. Untrack it to end that.',
    pathList(paths),
  );
}

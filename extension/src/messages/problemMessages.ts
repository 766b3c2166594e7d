import { l10n } from 'vscode';
import type { Problem, ProblemReason } from '../core/problem';
import { formatNumber } from './format';
import { systemFault } from './systemFaults';
import { maxPathBytes, maxSegmentBytes, maxSegments, type PathFault } from '../../../server/src/contract/paths';

const pathFaultTexts: Readonly<Record<PathFault, () => string>> = {
  empty: () => l10n.t('Its path is empty. Rename it, or untrack it.'),
  absolute: () => l10n.t('Its path is absolute. Rename it, or untrack it.'),
  nul: () => l10n.t('Its name has a NUL character. Rename it, or untrack it.'),
  backslash: () => l10n.t('Its name has a backslash. Rename it, or untrack it.'),
  'not-unicode': () => l10n.t('Its name is not valid Unicode. Rename it, or untrack it.'),
  'path-too-long': () =>
    l10n.t('Its path is longer than {0} bytes. Rename it, or untrack it.', formatNumber(maxPathBytes)),
  'too-deep': () =>
    l10n.t('It is nested in more than {0} folders. Move it, or untrack it.', formatNumber(maxSegments - 1)),
  'empty-segment': () => l10n.t('Its path has an empty segment. Rename it, or untrack it.'),
  'dot-segment': () => l10n.t('Its path has a "." segment. Rename it, or untrack it.'),
  'dot-dot-segment': () => l10n.t('Its path has a ".." segment. Rename it, or untrack it.'),
  'segment-too-long': () =>
    l10n.t('Its name is longer than {0} bytes. Rename it, or untrack it.', formatNumber(maxSegmentBytes)),
  'rsync-folder': () => l10n.t('rsync reserves its name. Rename it, or untrack it.'),
  'git-folder': () => l10n.t('It is in a .git folder, which can make git run programs. Use git to sync repositories.'),
};

type ProblemTexts = Readonly<Record<ProblemReason, (other: string) => string>>;

const texts: ProblemTexts = {
  ...pathFaultTexts,
  'name-not-utf8': () => l10n.t('Its name is not valid UTF-8. Rename it, or untrack it.'),
  'path-too-long-here': () =>
    l10n.t('With the path of its workspace folder, it is too long for this system. Rename it, or open a folder in it.'),
  'path-too-long-to-stage': () =>
    l10n.t("With the path of Palmtree's storage, it is too long for this system. Rename it on another machine."),
  'path-too-long-there': () => l10n.t('Its path is too long for the server. Rename it, or untrack it.'),
  'windows-character': (character) =>
    character < ' '
      ? l10n.t('Its name has a control character, which Windows does not allow. Rename it on another machine.')
      : l10n.t('Its name has "{0}", which Windows does not allow. Rename it on another machine.', character),
  'windows-device': () => l10n.t('Windows reserves its name for a device. Rename it on another machine.'),
  'windows-ending': () =>
    l10n.t('Its name ends in a dot or a space, which Windows drops. Rename it on another machine.'),
  'same-but-case': (other) =>
    l10n.t(
      'Its name differs from "{0}" only in case, which this disk ignores. Rename one of them on another machine.',
      other,
    ),
  'same-but-accents': (other) =>
    l10n.t(
      'Its name differs from "{0}" only in how accents are encoded, which this disk ignores. Rename one of them on another machine.',
      other,
    ),
  'server-has-file': (other) =>
    l10n.t(
      'The server has a file "{0}" where this path needs a folder, and that file is not tracked here. Rename the folder, or track "{0}" and resolve the conflict.',
      other,
    ),
  'server-has-folder': (other) =>
    l10n.t(
      'The server has a folder at this path, with "{0}" in it, which is not tracked here. Rename this file, or track "{0}" and resolve the conflict.',
      other,
    ),
  'link-outside': (target) =>
    l10n.t('The link points outside the workspace folder ({0}). Untrack it, or change its target.', target),
  'link-refused': () =>
    l10n.t(
      'The server refuses the link: alone or through another link, it would lead outside the tree, or it leads into a .git folder. Untrack it, or change its target.',
    ),
  'link-target-not-utf8': () => l10n.t("The link's target is not valid UTF-8. Change its target, or untrack it."),
  'link-as-folder': () => l10n.t('It is a symbolic link, which is not followed to the tracked paths below it.'),
  pipe: () => l10n.t('It is a pipe, not a file. Untrack it, or remove it.'),
  socket: () => l10n.t('It is a socket, not a file. Untrack it, or remove it.'),
  device: () => l10n.t('It is a device, not a file. Untrack it, or remove it.'),
  'gitignore-link': () =>
    l10n.t(
      'It is a symbolic link, which git does not follow either. Nothing in its folder is synced until it is a file.',
    ),
  'gitignore-not-a-file': () =>
    l10n.t('It is not a file, so nothing in its folder is synced. Remove it, or turn off "palmtree.respectGitignore".'),
  'gitignore-too-large': () => l10n.t('It is larger than 1 MB, so nothing in its folder is synced. Shorten it.'),
  'gitignore-not-text': () =>
    l10n.t('It is not UTF-8 text (it may be UTF-16), so nothing in its folder is synced. Save it as UTF-8.'),
  'gitignore-unreadable': (errno) =>
    l10n.t(
      'It cannot be read, so nothing in its folder is synced: it may exclude any path. The reason: {0}.',
      systemFault(errno),
    ),
  'shared-link': () => l10n.t('It is a symbolic link. Nothing in the workspace folder is synced until it is a file.'),
  'shared-not-a-file': () => l10n.t('It is not a file, so nothing in the workspace folder is synced. Remove it.'),
  'shared-too-large': () => l10n.t('It is larger than 1 MB, so nothing in its folder is synced. Shorten it.'),
  'shared-not-text': () =>
    l10n.t('It is not UTF-8 text (it may be UTF-16), so nothing in its folder is synced. Save it as UTF-8.'),
  'shared-unreadable': (errno) =>
    l10n.t(
      'It cannot be read, so nothing in its folder is synced: it may exclude any path. The reason: {0}.',
      systemFault(errno),
    ),
  'shared-not-json': () =>
    l10n.t('It is not valid JSON, so nothing in the workspace folder is synced: it may exclude any path. Correct it.'),
  'shared-not-an-object': () =>
    l10n.t(
      'It is not a JSON object, so nothing in the workspace folder is synced. Write it as {0}.',
      '{ "exclude": [] }',
    ),
  'shared-exclude': () =>
    l10n.t(
      'Its "exclude" is not a list of patterns, so nothing in the workspace folder is synced. Write it as {0}.',
      '["*.log", "/build/"]',
    ),
  'setting-not-boolean': (name) =>
    l10n.t('Its "{0}" is neither true nor false, so it does not count, and the file is not synced. Correct it.', name),
  'virtual-files': () =>
    l10n.t('It shows the state of the system, not files of a disk, as /proc does. Nothing in it is synced.'),
  'disk-missing': () =>
    l10n.t(
      'The disk that was mounted here is missing, so nothing in this folder is synced. Mount the disk, or untrack the folder.',
    ),
  'disk-replaced': () =>
    l10n.t(
      'A different disk is mounted here now, so nothing in this folder is synced. Mount the former one, or untrack the folder.',
    ),
  unreadable: (errno) => l10n.t('It cannot be read: {0}.', systemFault(errno)),
  changing: () => l10n.t('It changed while it was read. The next scan reads it again.'),
  'conflict-markers': () =>
    l10n.t('It has the conflict markers of an unfinished merge, so it was not pushed. Resolve them, then push again.'),
  busy: () => l10n.t('It changed each time it was sent. The next push tries again when nothing writes to it.'),
};

export const problemReasons = Object.keys(texts) as readonly ProblemReason[];

/** Explains a path that cannot be synced, and says what to do. `own` has sentences that replace those here. */
export function problemMessage({ reason, with: other = '' }: Problem, own: Partial<ProblemTexts> = {}): string {
  return (own[reason] ?? texts[reason])(other);
}

export function pathFaultMessage(fault: PathFault): string {
  return pathFaultTexts[fault]();
}

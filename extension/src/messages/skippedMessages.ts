import { l10n } from 'vscode';
import { pathList } from './pathList';
import { systemFault } from './systemFaults';
import type { SkipReason } from '../io/apply/preconditions';
import type { Skipped } from '../io/apply/applyState';

type SkipTexts = Readonly<Record<SkipReason, (path: string) => string>>;

const texts: SkipTexts = {
  changed: (path) => l10n.t('{0} changed in the meantime. Try again.', path),
  unsaved: (path) => l10n.t('{0} has unsaved changes. Save it, then try again.', path),
  merging: (path) => l10n.t('{0} is being merged. Finish the merge, or resolve the conflict.', path),
  occupied: (path) => l10n.t('An untracked file or folder is in the way of {0}. Move it, then try again.', path),
  blocked: (path) => l10n.t('{0} is below a symbolic link or a file. Move that away, then try again.', path),
  spelling: (path) =>
    l10n.t('{0} is in a folder whose name is spelled differently here. Rename that folder, then try again.', path),
  diskMissing: (path) => l10n.t('{0} is on a disk that is not mounted. Mount it, then try again.', path),
  unsafe: (path) =>
    l10n.t(
      '{0} is not a valid path, or it is a link that points outside the workspace folder or into a .git folder.',
      path,
    ),
  missing: (path) =>
    l10n.t('{0} did not arrive intact. Try again, or use Push (Force) on a machine that has it.', path),
  backupMissing: (path) =>
    l10n.t("{0} can't be restored, because its backup is gone. File History has the versions that were pushed.", path),
  backupChanged: (path) =>
    l10n.t(
      "{0} can't be restored, because another program changed its backup. File History has the versions that were pushed.",
      path,
    ),
  failed: (path) => l10n.t('The system refused to change {0}.', path),
  busy: (path) =>
    l10n.t('{0} changed each time it was sent. Close the program that writes to it, then push again.', path),
  markers: (path) =>
    l10n.t('{0} has the conflict markers of an unfinished merge. Resolve them, then push again.', path),
  cancelled: (path) => l10n.t('{0} was left untouched, because the command was cancelled. Try again.', path),
};

export const skipReasons = Object.keys(texts) as readonly SkipReason[];

/** Explains a path that a command left untouched, and says what to do. `own` has sentences that replace those here. */
export function skippedMessage({ path, reason, errno }: Skipped, own: Partial<SkipTexts> = {}): string {
  const text = (own[reason] ?? texts[reason])(path);
  return errno === undefined ? text : l10n.t('{0} Reason: {1}.', text, systemFault(errno));
}

/** Names the files that a pull could not merge because retention has removed their last synced version. */
export function baselessMessage(paths: readonly string[]): string {
  if (paths.length === 0) return '';
  return l10n.t(
    'Nothing could be merged in {0}: the server no longer has the version that this folder was last synced with.',
    pathList(paths),
  );
}

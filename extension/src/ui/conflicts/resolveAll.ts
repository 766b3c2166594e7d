import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { Choice } from '../../sync/conflicts/resolve';
import { confirm } from '../shared/confirm';
import { formatNumber } from '../../messages/format';
import { pathLines } from '../../messages/pathList';
import { pickOne } from '../shared/quickInput';
import type { Row } from '../views/trackedView';
import { targetFolder } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { resolveConflicts, type ResolveDeps } from './commands';

interface ChoiceItem extends vscode.QuickPickItem {
  readonly choice: Choice;
  readonly question: (count: number) => string;
  readonly effect: string;
}

const items: readonly ChoiceItem[] = [
  {
    label: vscode.l10n.t('Keep Mine'),
    detail: vscode.l10n.t('Keep your version of every file.'),
    choice: 'mine',
    question: (count) =>
      count === 1
        ? vscode.l10n.t('Keep your version of 1 file?')
        : vscode.l10n.t('Keep your versions of {0} files?', formatNumber(count)),
    effect: vscode.l10n.t(
      "Nothing changes here. The next push replaces the server's versions. They stay in the history until its retention policy removes them.",
    ),
  },
  {
    label: vscode.l10n.t('Take Theirs'),
    detail: vscode.l10n.t("Use the server's version of every file."),
    choice: 'theirs',
    question: (count) =>
      count === 1
        ? vscode.l10n.t("Replace 1 file with the server's version?")
        : vscode.l10n.t("Replace {0} files with the server's versions?", formatNumber(count)),
    effect: vscode.l10n.t('Your versions are kept in a backup.'),
  },
  {
    label: vscode.l10n.t('Keep Both'),
    detail: vscode.l10n.t("Save the server's versions next to yours, under new names."),
    choice: 'both',
    question: (count) =>
      count === 1
        ? vscode.l10n.t('Keep both versions of 1 file?')
        : vscode.l10n.t('Keep both versions of {0} files?', formatNumber(count)),
    effect: vscode.l10n.t(
      "The server's versions are saved next to yours, under new names. The next push uploads both.",
    ),
  },
];

/** Resolves all conflicts of a folder in one way, after a confirmation. */
export async function resolveAll(deps: ResolveDeps, argument: unknown): Promise<void> {
  const owner = await conflictedFolder(deps.folders, argument);
  const paths = owner.sync.conflicts.map(({ path }) => path);
  if (paths.length === 0) throw new PalmtreeError('no_conflict', 'nothing is in conflict');
  const title =
    paths.length === 1
      ? vscode.l10n.t('Palmtree: Resolve 1 Conflict')
      : vscode.l10n.t('Palmtree: Resolve {0} Conflicts', formatNumber(paths.length));
  const placeHolder = vscode.l10n.t('Which version do you want to keep?');
  const picked = await pickOne(items, { title, placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'no choice was made');
  await confirm(picked.question(paths.length), `${picked.effect}\n\n${pathLines(paths)}`, picked.label);
  await resolveConflicts(deps, owner, paths, picked.choice);
}

/** The folder of the view's group or of a notification's button, else the only one in conflict, else the user picks. */
async function conflictedFolder(folders: WorkspaceFolders, argument: unknown): Promise<SyncedFolder> {
  if (isGroup(argument)) return argument.owner;
  return targetFolder(folders, argument, ({ sync }) => sync.conflicts.length > 0);
}

function isGroup(row: unknown): row is Row {
  return typeof row === 'object' && row !== null && 'owner' in row && 'section' in row;
}

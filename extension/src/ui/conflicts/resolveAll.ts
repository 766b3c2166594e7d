import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { Choice } from '../../sync/conflicts/resolve';
import { decidePaths, type DecisionDeps } from './commands';
import { plural } from '../shared/format';
import type { Row } from '../views/trackedView';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

interface ChoiceItem extends vscode.QuickPickItem {
  readonly choice: Choice;
  readonly happens: string;
}

const items: readonly ChoiceItem[] = [
  {
    label: 'Keep Mine',
    detail: 'Leave all files as they are here.',
    choice: 'mine',
    happens: "Nothing changes here. The next push replaces the server's versions, which stay in its history.",
  },
  {
    label: 'Take Theirs',
    detail: 'Bring all files to what the server has.',
    choice: 'theirs',
    happens: "The server's versions are put in place. What is here now is kept in a backup.",
  },
  {
    label: 'Keep Both',
    detail: "Put the server's versions beside mine under free names.",
    choice: 'both',
    happens: "The server's versions are put beside yours under free names. The next push sends both.",
  },
];

/** Decides all conflicts of a folder in one way, after saying what happens. */
export async function resolveAll(parts: DecisionDeps, row: unknown): Promise<void> {
  const owner = isGroup(row) ? row.owner : await folderInConflict(parts.folders);
  const paths = owner.sync.conflicts.map(({ path }) => path);
  if (paths.length === 0) throw new PalmtreeError('no_conflict', 'nothing is in conflict');
  const title = `Palmtree: Resolve All, ${plural(paths.length, 'conflict')}`;
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'What is to stay?' });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'no choice was made');
  const message = `${picked.label}: ${plural(paths.length, 'file')}?`;
  const options = { modal: true, detail: `${picked.happens}\n\n${listed(paths)}` };
  if ((await vscode.window.showWarningMessage(message, options, picked.label)) === undefined) {
    throw new PalmtreeError('cancelled', 'the choice was not confirmed');
  }
  await decidePaths(parts, owner, paths, picked.choice);
}

const shown = 10;

function listed(paths: readonly string[]): string {
  const more = paths.length > shown ? [`… and ${paths.length - shown} more`] : [];
  return [...paths.slice(0, shown), ...more].join('\n');
}

async function folderInConflict(folders: WorkspaceFolders): Promise<SyncedFolder> {
  const inConflict = folders.all.filter(({ sync }) => sync.conflicts.length > 0);
  const [only] = inConflict;
  return only !== undefined && inConflict.length === 1 ? only : folders.find();
}

function isGroup(row: unknown): row is Row {
  return typeof row === 'object' && row !== null && 'owner' in row && 'section' in row;
}

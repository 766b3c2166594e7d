import * as vscode from 'vscode';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { HeldAnswer } from '../../io/store/storePort';
import { formatNumber, joined, sentences } from '../../messages/format';
import { heldLine } from '../../messages/heldMessages';
import { showModal } from '../shared/notification';
import { pathList, pathSection } from '../../messages/pathList';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Lists the files of others that a pull held back, and asks what to do. Undefined if the user does not decide now. */
export async function askAboutHeld({ sync }: SyncedFolder, held: readonly HeldPath[]): Promise<HeldAnswer | undefined> {
  const obeyed = held.filter(({ kinds }) => kinds.includes('program'));
  const outside = held.filter(({ kinds }) => !kinds.includes('program'));
  const detail = [
    pathSection(vscode.l10n.t('Programs run these or take settings from them without asking'), obeyed.map(heldLine)),
    pathSection(
      vscode.l10n.t('This machine does not track these'),
      outside.map(({ path }) => path),
    ),
    vscode.l10n.t('Palmtree remembers the answer for this tree. All other files are pulled in any case.'),
  ];
  const text = joined('\n\n', ...detail);
  // Enter picks the first button, which must be harmless.
  const leave = vscode.l10n.t('Leave Them Out');
  const pull = vscode.l10n.t('Pull These');
  const answer = await showModal('warning', question(sync, held.length), text, leave, pull);
  if (answer === pull) return 'pull';
  return answer === leave ? 'leave' : undefined;
}

function question({ state, held }: SyncedFolder['sync'], count: number): string {
  const tree = state.binding?.tree ?? '';
  const others = pathList(held.otherWriters ?? []);
  const who =
    others === ''
      ? vscode.l10n.t('Others may push to "{0}" too.', tree)
      : vscode.l10n.t('"{0}" has files from other tokens: {1}.', tree, others);
  const what =
    count === 1
      ? vscode.l10n.t('Pull this file to this machine?')
      : vscode.l10n.t('Pull these {0} files to this machine?', formatNumber(count));
  return sentences(who, what);
}

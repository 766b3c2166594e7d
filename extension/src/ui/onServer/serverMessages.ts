import { l10n } from 'vscode';
import type { RemoteFolders, RemoteTotals } from '../../core/status/remoteFolders';
import { isServerAbsent } from '../../errors';
import { formatBytes, formatDate, formatNumber } from '../../messages/format';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The message above the rows of a folder: which revision they show, if that may be old, or why there are none. */
export function tableMessage(
  { folder, sync }: SyncedFolder,
  folders: RemoteFolders | undefined,
  isMultiRoot: boolean,
): string {
  const text = messageOf(sync, folders);
  return isMultiRoot && text !== '' ? `${folder.name}: ${text}` : text;
}

function messageOf(sync: SyncedFolder['sync'], folders: RemoteFolders | undefined): string {
  const { state, knownRevision, serverFiles } = sync;
  const isOffline = state.offline !== undefined || (state.kind === 'halted' && isServerAbsent(state.error));
  if (isOffline && knownRevision === 0) return l10n.t('Offline. The files of this tree were not read yet.');
  if (isOffline && serverFiles.knownAt !== undefined) {
    const date = formatDate(new Date(serverFiles.knownAt));
    return l10n.t('Offline. These are the files of revision {0}, as of {1}.', knownRevision, date);
  }
  if (isOffline) return l10n.t('Offline. These are the files of revision {0}.', knownRevision);
  if (folders?.isEmpty !== true) return '';
  return state.isChecked ? l10n.t('The tree has no files.') : l10n.t('Reading the list of files…');
}

/** The number and the size of the chosen files, for the message and the title of the view. */
export function choiceTexts(
  chosen: Omit<RemoteTotals, 'here'>,
  all: RemoteTotals,
): { readonly message: string; readonly description: string } {
  return {
    message: l10n.t(
      '{0} of {1} files are checked. Uncheck what this machine does not need, then pull. It stays on the server.',
      formatNumber(chosen.files),
      formatNumber(all.files),
    ),
    description: l10n.t('{0} of {1}', formatBytes(chosen.bytes), formatBytes(all.bytes)),
  };
}

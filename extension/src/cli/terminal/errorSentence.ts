import { PalmtreeError, type ErrorCode } from '../../errors';
import { errorText } from '../../messages/errorTexts';
import { quotedPaths } from '../../messages/pathList';
import { UsageError } from './usageError';

/** Sentences in place of those that speak of the editor. */
const replaced: Partial<Record<ErrorCode, string>> = {
  no_folder:
    'Neither this folder nor one above it is connected. Run "palmtree connect URL" in the folder that you want to sync.',
  not_connected: 'This folder is not connected to a server. Run "palmtree connect URL" in it.',
  tree_not_found: 'The tree doesn\'t exist on the server. "palmtree connect URL --tree NAME" makes it.',
  client_too_old: 'This version of palmtree is too old for the server. Update it.',
  store_newer: 'A newer version of palmtree wrote the list of tracked files. Update palmtree.',
  store_locked: 'Another palmtree is syncing this folder. Try again when it has finished.',
};

/** How the command line does what the sentence of the table advises. */
const hints: Partial<Record<ErrorCode, string>> = {
  stale_base: '"palmtree pull" pulls them; "palmtree sync" pulls and pushes.',
  revision_not_found: '"palmtree pull --yes" does.',
  not_mergeable: '("palmtree resolve" with --mine, --theirs or --both.)',
  conflict_markers: '("palmtree resolve --merge" accepts the file, --abort restores it.)',
  content_unavailable: '("palmtree push -f".)',
  rsync_missing: '("palmtree config rsyncPath PATH" sets it.)',
  rsync_unusable: '("palmtree config rsyncPath PATH" sets it.)',
  unauthorized: '("palmtree connect" asks for one.)',
  deletion_guard: 'Nothing was changed. --yes goes on.',
  keeps_changing: '("palmtree push".)',
};

/** The sentence for an error, in the words of the command line. */
export function errorSentence(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof PalmtreeError)) return errorText(error);
  const hint = hints[error.code];
  if (error.code === 'not_in_folder') return `Outside the connected folder: ${quotedPaths(error.details.paths ?? [])}.`;
  const text = replaced[error.code] ?? errorText(error);
  return hint === undefined ? text : `${text} ${hint}`;
}

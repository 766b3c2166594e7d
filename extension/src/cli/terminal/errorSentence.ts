import { PalmtreeError, type ErrorCode } from '../../errors';
import { errorText } from '../../messages/errorTexts';
import { quotedPaths } from '../../messages/pathList';
import { UsageError } from './usageError';

interface Facts {
  /** The server or another subject that the error names. */
  readonly subject: string;
  readonly tree: string | undefined;
}

/** Sentences in place of those whose cure is a command, a button or a setting of VS Code. */
const replaced: Partial<Record<ErrorCode, (facts: Facts) => string>> = {
  no_folder: () =>
    'Neither this folder nor one above it is connected. Run "palmtree connect URL" in the folder that you want to sync.',
  not_connected: () => 'This folder is not connected to a server. Run "palmtree connect URL" in it.',
  unauthorized: ({ subject }) => `${subject} does not accept the token. Run "palmtree connect" to enter another one.`,
  ssh_host_unknown: ({ subject }) =>
    `ssh does not know the host key of ${subject} yet. Run the command on a terminal, and compare the key when ssh asks.`,
  tree_not_found: () => 'The tree doesn\'t exist on the server. "palmtree connect URL --tree NAME" creates it.',
  tree_deleted: () =>
    'The tree was deleted on the server. Your files are unchanged. "palmtree connect" with --tree chooses another one.',
  tree_renamed: ({ tree = 'NAME' }) =>
    `The tree was renamed on the server. Your files are unchanged. "palmtree connect" with --tree ${tree} goes on with it.`,
  client_too_old: () => 'This version of palmtree is too old for the server. Update it.',
  server_without_http: () =>
    'The server is too old to transfer files over HTTP. Update it, or run "palmtree config transport auto".',
  store_newer: () => 'A newer version of palmtree wrote the list of tracked files. Update palmtree.',
  store_locked: () => 'Another palmtree is syncing this folder. Try again when it has finished.',
  stale_base: () => 'The server has newer changes, so nothing was sent. "palmtree sync" pulls and pushes.',
  revision_not_found: () =>
    'The server doesn\'t have the revision that this folder was last synced with. "palmtree pull --yes" compares all files again.',
  no_conflict: () => 'There are no conflicts.',
  not_in_folder: () => 'A path is outside the connected folder.',
  not_mergeable: () => "These files can't be merged. Resolve the conflicts with --mine, --theirs or --both.",
  conflict_markers: () =>
    'Conflict markers are left. Edit the files, then "palmtree resolve --merge" accepts them; --abort restores your versions.',
  not_aborted: () =>
    'A file was edited since its merge began, so the merge was not aborted. "palmtree resolve --merge" accepts it as it is now.',
  content_unavailable: () =>
    'The server has lost the content of some files. Run "palmtree push -f" on a machine that has these files.',
};

/** The same for errors that name paths, which the sentence contains. */
const replacedWithPaths: Partial<Record<ErrorCode, (paths: string) => string>> = {
  not_in_folder: (paths) => `Outside the connected folder: ${paths}.`,
  no_conflict: (paths) => `Not in conflict: ${paths}.`,
  not_mergeable: (paths) =>
    `Can't merge ${paths}: not text, too large, or deleted on one side. Resolve it with --mine, --theirs or --both.`,
  conflict_markers: (paths) =>
    `Conflict markers are left in ${paths}. Edit it, then "palmtree resolve --merge" accepts it; --abort restores your version.`,
  not_aborted: (paths) =>
    `${paths} was edited since its merge began, so the merge was not aborted. "palmtree resolve --merge" accepts it as it is now; then a push sends it.`,
  content_unavailable: (paths) =>
    `The server has lost the content of ${paths}. Run "palmtree push -f" on a machine that has it.`,
  keeps_changing: (paths) =>
    `${paths} changed each time it was sent. Close the program that writes to it, then run "palmtree push".`,
};

/** Sentences that follow that of `errorText`: the command or option that does what it advises. */
const hints: Partial<Record<ErrorCode, string>> = {
  deletion_guard: 'Nothing was changed. --yes goes on.',
};

/** The advice of several sentences about rsync, and that of the command line in its place. */
const [rsyncSetting, rsyncCommand] = ['set palmtree.rsyncPath', 'run "palmtree config rsyncPath PATH"'];

/** The sentence for an error, in the words of the command line. */
export function errorSentence(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof PalmtreeError)) return errorText(error);
  const { paths = [], subject = 'The server', tree } = error.details;
  const ofPaths = paths.length === 0 ? undefined : replacedWithPaths[error.code]?.(quotedPaths(paths));
  const own = ofPaths ?? replaced[error.code]?.({ subject, tree });
  const text = own ?? errorText(error).replace(rsyncSetting, rsyncCommand);
  const hint = hints[error.code];
  return hint === undefined ? text : `${text} ${hint}`;
}

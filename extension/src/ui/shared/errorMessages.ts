import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';
import type { CommandName } from './ids';

/** What the user reads when something fails, and what helps. */
export interface Message {
  readonly text: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly actions: readonly { readonly title: string; readonly command: CommandName }[];
}

type Write = (error: PalmtreeError) => string;

const connect = { title: 'Connect…', command: 'connect' } as const;
const pull = { title: 'Pull', command: 'pull' } as const;
const review = { title: 'Review Changes', command: 'review' } as const;
const push = { title: 'Try Again', command: 'push' } as const;
const rescan = { title: 'Try Again', command: 'rescan' } as const;
const showLog = { title: 'Show Log', command: 'showLog' } as const;
const showTerminal = { title: 'Show Terminal', command: 'showTerminal' } as const;

const writers: Readonly<Record<ErrorCode, Write>> = {
  cancelled: () => 'Cancelled. Nothing was changed on either side.',
  no_folder: () => 'Open a folder first: Palmtree keeps the files of a folder in step.',
  untrusted: () => 'This workspace is not trusted yet. Trust it, and Palmtree can run.',
  not_connected: () => 'This folder is not connected to a server yet.',
  invalid_url: (e) => `"${e.details.subject}" is not an address of a server. It looks like https://sync.example.org.`,
  insecure_url: (e) =>
    `${e.details.subject} is not encrypted: the token and the files could be read on the way. Use https.`,
  invalid_tree: (e) => `"${e.details.subject}" cannot name a tree. Use up to 64 letters, digits, ".", "_" or "-".`,
  server_unreachable: (e) =>
    /SSL|TLS|certificate/i.test(e.details.stderr ?? '')
      ? `${e.details.subject} answers, but not in TLS that holds (${lastLine(e.details.stderr).slice(0, 120)}). Is it http, or is its certificate not trusted here?`
      : `${e.details.subject} does not answer. Is the server running?`,
  not_a_palmtree_server: (e) =>
    `${e.details.subject} answers, but not as a palmtree-server of this version does. Check the address.`,
  server_too_old: (e) => `The server at ${e.details.subject} runs an older version of Palmtree. Update the server.`,
  client_too_old: (e) =>
    `This version of Palmtree is too old for the server at ${e.details.subject}. Update the extension.`,
  not_trackable: (e) => `There is nothing to track at ${list(e)} in this folder.`,
  not_in_folder: (e) => `${list(e)} lies in no open folder. Palmtree keeps the files of a folder in step.`,
  nothing_picked: () => 'Pick files or folders first, in the Explorer or in the Palmtree view.',
  no_conflict: (e) => `${list(e)} is not in conflict any more.`,
  not_mergeable: (e) =>
    `${list(e)} cannot be merged: it is not text, too large, or deleted on one side. Choose Keep Mine, Take Theirs or Keep Both.`,
  conflict_markers: (e) =>
    `${list(e)} still has lines that mark a conflict. Finish the merge and save it, then keep mine.`,
  changed_meanwhile: (e) => `${list(e)} was changed meanwhile. Nothing was done; try again.`,
  not_aborted: (e) =>
    `${list(e)} is not as its merge left it, so it stays as it is. Save it without marks to finish the merge, then decide.`,
  not_in_revision: (e) =>
    e.details.paths === undefined
      ? `The tree was empty in revision ${e.details.subject}.`
      : `There was nothing at ${list(e)} in revision ${e.details.subject}.`,
  nothing_to_undo: (e) =>
    e.details.paths === undefined
      ? 'There is nothing to undo.'
      : `Nothing was undone: ${list(e)} changed since. What changed since is left as it is.`,
  deletion_guard: (e) => stopped(e.details.deletions),
  root_gone: (e) => `The folder ${e.details.subject ?? ''} is gone or cannot be read. Nothing was changed.`,
  scan_failed: (e) => `Scanning failed${reason(e)}.`,
  store_newer: () => 'The list of tracked files was written by a newer Palmtree. Update this one.',
  store_locked: () => 'Another window is busy with this folder. Try again when it is done.',
  store_failed: (e) => `The list of tracked files could not be read or saved${reason(e)}.`,
  disk_full: () => 'The disk is full. Free some space and try again; nothing was lost.',
  rsync_missing: (e) => `${e.details.rsync?.command ?? 'rsync'} was not found. ${installMessage(e)}`,
  rsync_unusable: (e) => `${unusableMessage(e)} ${installMessage(e)}`,
  rsync_failed: (e) => `rsync failed (${e.details.exit}). ${lastLine(e.details.stderr)}`,
  connection_lost: (e) => `The connection to ${e.details.subject} was lost (${e.details.stderr}). Try again.`,
  keeps_changing: (e) => `${list(e)} changed each time it was sent. Close what writes it, then push again.`,
  unauthorized: (e) => `${e.details.subject} does not accept the token. Connect with a valid one.`,
  forbidden: () => 'The token may not use this tree. Ask for one that may, or choose another tree.',
  not_found: (e) => `The server does not know this request${reason(e)}. Is it of the same version?`,
  tree_not_found: () => 'The tree is not on the server. Correct its name in the settings, or connect again to make it.',
  session_not_found: () => 'The server no longer knows this transfer. Try again.',
  revision_not_found: () => 'The server does not know the revision last seen here. Pull to compare again.',
  stale_base: () => 'The server has newer files than this folder. Nothing was sent. Pull first, then push.',
  session_busy: () => 'The server is still busy with this transfer. Try again in a moment.',
  invalid_request: (e) => `The server refused the request: ${e.details.stderr}.`,
  invalid_path: (e) => `The server cannot store ${list(e)}${reason(e)}. Rename it or untrack it.`,
  file_dir_conflict: (e) => `A file stands where a folder is: ${list(e)}. Rename one of them.`,
  content_mismatch: (e) => `${list(e)} did not arrive as it was. Nothing was changed; try again.`,
  content_unavailable: (e) =>
    `The server has lost the content of ${list(e)}. Force Push from a machine that has it brings it back.`,
  body_too_large: () => 'Too many files at once for the server. Track or push fewer at a time.',
  storage_full: () => "The server's disk is full. Nothing was changed there.",
  internal: (e) => `The server failed: ${e.details.stderr}. Its log says more.`,
};

const actionsByCode: Partial<Record<ErrorCode, Message['actions']>> = {
  not_connected: [connect],
  invalid_url: [connect],
  insecure_url: [connect],
  invalid_tree: [connect],
  unauthorized: [connect],
  forbidden: [connect],
  tree_not_found: [connect],
  not_a_palmtree_server: [connect],
  server_unreachable: [rescan, showLog],
  stale_base: [pull, review],
  revision_not_found: [pull],
  rsync_failed: [showTerminal, showLog],
  connection_lost: [showTerminal],
  keeps_changing: [push],
  changed_meanwhile: [],
  not_aborted: [],
  cancelled: [],
  not_in_folder: [],
  not_in_revision: [],
  nothing_to_undo: [],
  deletion_guard: [],
  rsync_missing: [],
  rsync_unusable: [],
};

const mild: ReadonlySet<ErrorCode> = new Set([
  'stale_base',
  'deletion_guard',
  'not_mergeable',
  'conflict_markers',
  'changed_meanwhile',
  'not_aborted',
  'not_connected',
  'no_folder',
  'not_in_folder',
  'untrusted',
  'not_in_revision',
  'nothing_to_undo',
]);

/** The text for whatever was thrown; an error of no known code says no more than that. */
export function unexpectedMessage(error: unknown): string {
  return error instanceof PalmtreeError ? messageFor(error).text : 'Something unexpected happened. Nothing is lost.';
}

export function messageFor(error: PalmtreeError): Message {
  const severity = error.code === 'cancelled' ? 'information' : mild.has(error.code) ? 'warning' : 'error';
  return { text: writers[error.code](error), severity, actions: actionsByCode[error.code] ?? [showLog] };
}

function stopped(brake: ErrorDetails['deletions']): string {
  const { deletes = 0, emptied = 0, tracked = 0, missingFolders = [], deletedFolders = [] } = brake ?? {};
  const parts = [deletes > 0 ? `delete ${deletes}` : '', emptied > 0 ? `empty ${emptied}` : ''].filter(
    (part) => part !== '',
  );
  const folders = (paths: readonly string[]): string =>
    paths.includes('') ? 'this folder' : paths.map((path) => `"${path}"`).join(', ');
  return [
    parts.length > 0 ? `Stopped: this would ${parts.join(' and ')} of ${tracked} tracked files.` : 'Stopped.',
    missingFolders.length > 0 ? `Nothing that was tracked in ${folders(missingFolders)} is there any more.` : '',
    deletedFolders.length > 0 ? `Nothing that is tracked in ${folders(deletedFolders)} would be left.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function list({ details }: PalmtreeError): string {
  const paths = details.paths ?? [];
  if (paths.length === 0) return 'a file';
  const shown = paths.slice(0, 3).map((path) => `"${path}"`);
  return paths.length > 3 ? `${shown.join(', ')} and ${paths.length - 3} more` : shown.join(', ');
}

/** The raw reason that the system or the server gave, in parentheses after a space. */
function reason({ details }: PalmtreeError): string {
  return details.stderr ? ` (${lastLine(details.stderr)})` : '';
}

function unusableMessage({ details }: PalmtreeError): string {
  const { command = 'rsync', fault, version } = details.rsync ?? {};
  switch (fault) {
    case 'openrsync':
      return `${command} is openrsync, which cannot be used.`;
    case 'too-old':
      return `${command} is version ${version}, which is too old.`;
    case 'unknown-version':
      return `${command} does not say which version it is.`;
    default:
      return `${command} could not be run.`;
  }
}

function installMessage({ details }: PalmtreeError): string {
  const install = details.rsync?.install;
  if (install === undefined) return 'Install rsync 3.1 or newer with the package manager of your system.';
  if (process.platform === 'win32') return `Install it in MSYS2 (${install}), then set palmtree.rsyncPath.`;
  return `Install rsync 3.1 or newer (${install}), or set palmtree.rsyncPath.`;
}

function lastLine(text = ''): string {
  return text.trim().split('\n').at(-1) ?? '';
}

import { l10n } from 'vscode';
import { maxItems } from '../../../server/src/contract/limits';
import { pathFault } from '../../../server/src/contract/paths';
import { PalmtreeError, type ErrorCode } from '../errors';
import { deletionGuardMessage } from './deletionGuardMessage';
import { formatBytes, formatDuration, formatNumber, withDetail } from './format';
import { pathFaultMessage } from './problemMessages';
import { quotedPaths } from './pathList';
import { proxyMessage, redirectMessage } from './proxyMessages';
import { rsyncMessage } from './rsyncMessage';
import { systemFault } from './systemFaults';
import { nothingToUndoMessage } from './undoMessages';

const texts: Readonly<Record<ErrorCode, (error: PalmtreeError) => string>> = {
  cancelled: () => l10n.t('Cancelled. Nothing was changed on either side.'),
  no_folder: () => l10n.t('Open a folder first. Palmtree keeps the files of a folder in sync.'),
  untrusted: () => l10n.t('Palmtree is off in Restricted Mode. Trust this workspace to sync.'),
  not_connected: () => l10n.t('This folder is not connected to a server.'),
  invalid_url: (e) =>
    l10n.t(
      '"{0}" is not a server address. An address looks like https://sync.example.org or ssh://me@example.org.',
      subject(e),
    ),
  insecure_url: (e) =>
    l10n.t('The connection to {0} is not encrypted: others could read the token and the files. Use https.', subject(e)),
  invalid_tree: (e) =>
    l10n.t(
      '"{0}" is not a valid tree name. Use up to 64 of A–Z, 0–9, ".", "_" and "-", starting with a letter or digit.',
      subject(e),
    ),
  server_unreachable: (e) => unreachableText(e),
  ssh_missing: () => l10n.t('ssh was not found on this machine. Install OpenSSH, so that "ssh" is on the PATH.'),
  ssh_host_unknown: (e) =>
    l10n.t('ssh does not know the host key of {0} yet. Connect, and compare it when you are asked.', subject(e)),
  ssh_host_changed: (e) =>
    withReason(
      l10n.t(
        'The host key of {0} has changed, so nothing was sent. Find out why. If the change is right, remove the old key from your known hosts.',
        subject(e),
      ),
      e,
    ),
  ssh_denied: (e) =>
    withReason(
      l10n.t(
        '{0} does not accept your ssh key. Add the key to your agent, or have it added on the server.',
        subject(e),
      ),
      e,
    ),
  ssh_no_server: (e) =>
    l10n.t(
      'palmtree-server was not found on {0}. Install it there as /usr/local/bin/palmtree-server, or where ssh finds commands.',
      subject(e),
    ),
  ssh_no_node: (e) =>
    withReason(l10n.t('Node is missing or too old on {0}. Install Node 24 or newer there.', subject(e)), e),
  ssh_server_failed: (e) => withReason(l10n.t('palmtree-server could not start on {0}.', subject(e)), e),
  ssh_failed: (e) => withReason(l10n.t('ssh to {0} failed.', subject(e)), e),
  no_response: (e) =>
    l10n.t('{0} did not respond for {1}.', subject(e), formatDuration((e.details.silenceMs ?? 0) / 1000)),
  too_slow: (e) => l10n.t('{0} sends its response too slowly. Try again.', subject(e)),
  too_much_data: (e) =>
    e.details.maxFiles !== undefined
      ? l10n.t(
          'The tree on {0} has more than {1} files, which is more than Palmtree can sync. Nothing was changed.',
          subject(e),
          formatNumber(e.details.maxFiles),
        )
      : l10n.t(
          '{0} sent more than it announced or than is allowed ({1}), so the transfer was stopped. Nothing was changed.',
          subject(e),
          formatBytes(e.details.limit ?? 0),
        ),
  content_too_large: (e) =>
    l10n.t("{0} can't be shown: it is larger than {1}.", list(e), formatBytes(e.details.limit ?? 0)),
  not_a_palmtree_server: (e) => l10n.t('{0} is not a Palmtree server, or it runs an incompatible version.', subject(e)),
  redirected: (e) => redirectMessage(e),
  proxy_refused: (e) => proxyMessage(e),
  websocket_refused: (e) =>
    l10n.t(
      'A proxy in front of {0} does not let WebSockets through (HTTP {1}). Configure it to forward the Upgrade and Connection headers, then try again.',
      subject(e),
      e.details.status ?? '',
    ),
  server_too_old: (e) => l10n.t('{0} runs an older version of Palmtree. Update the server.', subject(e)),
  client_too_old: (e) => l10n.t('This version of Palmtree is too old for {0}. Update the extension.', subject(e)),
  not_trackable: (e) =>
    paths(e).length > 1
      ? l10n.t("{0} don't exist in this folder.", list(e))
      : l10n.t("{0} doesn't exist in this folder.", list(e)),
  not_in_folder: (e) => l10n.t('Outside the open folders: {0}.', list(e)),
  nothing_picked: () => l10n.t('Nothing is tracked yet. Right-click files or folders and choose "Track for sync".'),
  nothing_changed: () => l10n.t('Everything is in sync.'),
  no_conflict: (e) =>
    paths(e).length === 0
      ? l10n.t('There is no conflict that can be resolved this way.')
      : l10n.t('No longer in conflict: {0}.', list(e)),
  no_merge: (e) =>
    paths(e).length === 0 ? l10n.t('No merge is in progress.') : l10n.t('Not being merged: {0}.', list(e)),
  not_mergeable: (e) =>
    l10n.t(
      "Can't merge {0}: not text, too large, or deleted on one side. Choose Keep Mine, Take Theirs or Keep Both.",
      list(e),
    ),
  conflict_markers: (e) =>
    l10n.t('Conflict markers are left in {0}. Finish the merge and save, then choose Keep Mine.', list(e)),
  changed_meanwhile: (e) => l10n.t('{0} changed in the meantime. Nothing was done. Try again.', list(e)),
  not_aborted: (e) =>
    l10n.t(
      '{0} changed since its merge began, so the merge was not aborted. Save the file without conflict markers to finish the merge, then choose again.',
      list(e),
    ),
  not_saved: (e) =>
    l10n.t(
      '{0} could not be saved, so its merge was not aborted. Nothing was changed. Save it, then try again.',
      list(e),
    ),
  not_in_revision: (e) =>
    paths(e).length === 0
      ? l10n.t('The tree was empty in revision {0}.', subject(e))
      : l10n.t('Revision {0} does not contain {1}.', subject(e), list(e)),
  nothing_to_undo: (e) => nothingToUndoMessage(e),
  nothing_to_discard: (e) =>
    paths(e).length === 0
      ? l10n.t('There are no local changes to discard.')
      : l10n.t('In conflict: {0}. Choose Keep Mine, Take Theirs or Keep Both.', list(e)),
  backup_deleted: () => l10n.t("The backup of the last pull was deleted, so it can't be undone."),
  backup_gone: (e) => l10n.t('The backup of {0} is gone or cannot be read.', list(e)),
  deletion_guard: (e) => deletionGuardMessage(e),
  root_gone: (e) => l10n.t('The folder {0} is missing or was replaced. Nothing was changed.', subject(e)),
  packing_failed: (e) => withReason(l10n.t('The files could not be packed or unpacked. Try again.'), e),
  scan_failed: (e) => withReason(l10n.t('Scanning failed.'), e),
  store_newer: () => l10n.t('A newer version of Palmtree wrote the list of tracked files. Update Palmtree.'),
  store_locked: () => l10n.t('Another window is syncing this folder. Try again when it has finished.'),
  store_failed: (e) => withReason(l10n.t('The list of tracked files could not be read or saved.'), e),
  disk_full: (e) => diskFullText(e),
  read_only: (e) =>
    withReason(
      l10n.t(
        "Palmtree can't write to {0}: the folder or its disk is read-only. Make it writable and try again.",
        subject(e),
      ),
      e,
    ),
  disk_fault: (e) =>
    subject(e) === ''
      ? l10n.t(
          'A file cannot be read or written: {0}. Nothing was lost. Try again.',
          systemFault(e.details.reason ?? ''),
        )
      : l10n.t(
          '{0} cannot be read or written: {1}. Nothing was lost. Try again.',
          subject(e),
          systemFault(e.details.reason ?? ''),
        ),
  rsync_missing: (e) => rsyncMessage(e.details.rsync),
  rsync_unusable: (e) => rsyncMessage(e.details.rsync),
  rsync_failed: (e) => withReason(l10n.t('rsync failed with {0}.', e.details.exit ?? ''), e),
  server_without_http: () =>
    l10n.t('The server is too old to transfer files over HTTP. Update it, or set palmtree.transport to "auto".'),
  connection_lost: (e) => withReason(l10n.t('The connection to {0} was lost. Try again.', subject(e)), e),
  keeps_changing: (e) =>
    paths(e).length === 0
      ? l10n.t('The server or the files here changed during each attempt. Try again in a moment.')
      : l10n.t('{0} changed each time it was sent. Close the program that writes to it, then push again.', list(e)),
  read_only_token: (e) => l10n.t('Your token for {0} is read-only, so nothing was pushed.', subject(e)),
  unauthorized: (e) => l10n.t('{0} does not accept the token. Connect with a valid token.', subject(e)),
  forbidden: () => l10n.t('This token has no access to this tree. Use another token, or choose another tree.'),
  not_found: (e) =>
    withReason(l10n.t('The server does not know this request. It may run another version of Palmtree.'), e),
  tree_not_found: () =>
    l10n.t("The tree doesn't exist on the server. Correct its name in the settings, or connect again to create it."),
  tree_deleted: () => l10n.t('The tree was deleted on the server. Your files are unchanged. Connect to another tree.'),
  tree_renamed: (e) =>
    e.details.tree === undefined
      ? l10n.t('The tree was renamed on the server. Your files are unchanged. Connect to it to go on.')
      : l10n.t(
          'The tree is named {0} on the server now. Your files are unchanged. Connect to {0} to go on.',
          e.details.tree,
        ),
  session_not_found: () => l10n.t('The server no longer knows this transfer. Try again.'),
  revision_not_found: () =>
    l10n.t("The server doesn't have the revision that this folder was last synced with. Pull to compare again."),
  version_removed: (e) =>
    paths(e).length === 0
      ? l10n.t(
          'The server no longer has this version: its retention policy keeps only some revisions of the tree. Choose another version.',
        )
      : l10n.t(
          'The server no longer has this version of {0}: its retention policy keeps only some revisions of the tree. Choose another version.',
          list(e),
        ),
  stale_base: () => l10n.t('The server has newer changes. Pull before you push; nothing was sent.'),
  offset_mismatch: () => l10n.t('The server no longer has the part of a file that was already sent. Try again.'),
  session_busy: () => l10n.t('The server is still busy with this transfer. Try again in a moment.'),
  invalid_request: (e) => withReason(l10n.t('The server rejected the request.'), e),
  invalid_path: (e) => invalidPathText(e),
  invalid_link: (e) =>
    paths(e).length === 0
      ? l10n.t(
          'A symbolic link would lead outside the tree, alone or through another link, or into a .git folder. Change its target.',
        )
      : l10n.t(
          'The symbolic link {0} would lead outside the tree, alone or through another link, or into a .git folder. Change its target.',
          list(e),
        ),
  file_dir_conflict: (e) =>
    paths(e).length === 0
      ? l10n.t('A file and a folder have the same path. Rename one of them.')
      : l10n.t('A file and a folder have the same path: {0}. Rename one of them.', list(e)),
  too_many_files: () =>
    l10n.t(
      'The tree would have more than {0} files, which is more than Palmtree can sync. Untrack some; nothing was sent.',
      formatNumber(maxItems),
    ),
  too_many_folders: () =>
    l10n.t('The tree has too many tracked folders. Untrack some, or track a folder that contains them.'),
  too_many_runs: () => l10n.t('The server is busy with other transfers of this token. Try again in a moment.'),
  too_many_sessions: () =>
    l10n.t(
      'Too many transfers with this token are open on the server. Try again in half an hour, or use another token.',
    ),
  content_mismatch: (e) =>
    paths(e).length === 0
      ? l10n.t('Some files did not arrive intact. Nothing was changed. Try again.')
      : l10n.t('{0} did not arrive intact. Nothing was changed. Try again.', list(e)),
  content_unavailable: (e) =>
    paths(e).length === 0
      ? l10n.t(
          'The server has lost the content of some files. To restore it, use Push (Force) on a machine that has these files.',
        )
      : l10n.t(
          'The server has lost the content of {0}. To restore it, use Push (Force) on a machine that has it.',
          list(e),
        ),
  body_too_large: () => l10n.t('The server does not accept so many files at once. Track or push fewer at a time.'),
  storage_full: (e) => storageFullText(e),
  internal: (e) => withReason(l10n.t('The server failed. See its log for details.'), e),
};

export const errorCodes = Object.keys(texts) as readonly ErrorCode[];

/** The sentence for an error, which says what the user can do. */
export function errorText(error: unknown): string {
  return error instanceof PalmtreeError ? texts[error.code](error) : l10n.t('Unexpected error. No file was lost.');
}

function unreachableText(error: PalmtreeError): string {
  const { reason = '', status } = error.details;
  const address = subject(error);
  if (status === 503) return l10n.t('{0} is overloaded or limits requests (HTTP 503). Try again in a moment.', address);
  if (status !== undefined) {
    return l10n.t('A proxy in front of {0} responds, but it does not reach the server (HTTP {1}).', address, status);
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) {
    const host = URL.canParse(address) ? new URL(address).hostname : address;
    return l10n.t('The host "{0}" was not found.', host);
  }
  if (/certificate/i.test(reason)) {
    return withReason(l10n.t("The certificate of {0} isn't trusted on this machine.", address), error);
  }
  if (/SSL|TLS/.test(reason)) {
    return l10n.t("Can't make a secure connection to {0}. Use http:// if the server has no TLS.", address);
  }
  if (reason === 'bad port') {
    return l10n.t(
      'The port of {0} belongs to another protocol, so it is never used for HTTP. Let the server listen on another port.',
      address,
    );
  }
  if (/does not match the HTTP/.test(reason))
    return l10n.t('The program that listens at {0} is not a web server.', address);
  if (/other side closed|socket hang up/.test(reason) && address.startsWith('http:')) {
    return l10n.t('{0} closes the connection without a response. Use https:// if the server has TLS.', address);
  }
  return l10n.t("{0} can't be reached. Is the server running?", address);
}

function invalidPathText(error: PalmtreeError): string {
  const [path] = paths(error);
  const fault = path === undefined ? undefined : pathFault(path);
  if (path === undefined) return withReason(l10n.t("The server can't store a path. Rename it, or untrack it."), error);
  if (fault !== undefined) return l10n.t("The server can't store {0}. {1}", list(error), pathFaultMessage(fault));
  return withReason(l10n.t("The server can't store {0}. Rename it, or untrack it.", list(error)), error);
}

function diskFullText({ details: { room, subject: disk = '' } }: PalmtreeError): string {
  if (room === undefined) return l10n.t('The disk is full. Free some space and try again. Nothing was lost.');
  return l10n.t(
    'Not enough space: this needs {0}, and {1} are free on the disk of {2}. Free some space and try again. Nothing was changed.',
    formatBytes(room.needed),
    formatBytes(room.free),
    disk,
  );
}

function storageFullText({ details: { room } }: PalmtreeError): string {
  if (room === undefined) return l10n.t("The server's disk is full. Nothing was changed there.");
  return l10n.t(
    'The server has {0} left, and this needs {1}. Nothing was changed there.',
    formatBytes(room.free),
    formatBytes(room.needed),
  );
}

function subject({ details }: PalmtreeError): string {
  return details.subject ?? '';
}

function paths({ details }: PalmtreeError): readonly string[] {
  return details.paths ?? [];
}

function list(error: PalmtreeError): string {
  return quotedPaths(paths(error));
}

/** Adds the last line of the text that the system, a program or the server gave as the reason. */
function withReason(text: string, { details }: PalmtreeError): string {
  const reason = details.reason?.trim().split('\n').at(-1);
  return reason ? withDetail(text, reason) : text;
}

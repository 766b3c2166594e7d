import { l10n } from 'vscode';
import { PalmtreeError, type ErrorCode } from '../../errors';
import { errorText } from '../../messages/errorTexts';
import { section } from './ids';
import type { Action } from './runAction';

/** A notification about an error, with the actions that help. The first one is the cure: a click in the status bar runs it. */
export interface Message {
  readonly text: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly actions: readonly Action[];
}

const connect: Action = { title: l10n.t('Connect…'), command: 'connect' };
const createTree: Action = { title: l10n.t('Create Tree…'), command: 'createTree' };
const pull: Action = { title: l10n.t('Pull'), command: 'pull' };
const review: Action = { title: l10n.t('Review Changes'), command: 'review' };
const tryAgain: Action = { title: l10n.t('Try Again'), command: 'tryAgain' };
const showLog: Action = { title: l10n.t('Show Log'), command: 'showLog' };
const showTerminal: Action = { title: l10n.t('Show Terminal'), command: 'showTerminal' };
const setRsync: Action = {
  title: l10n.t('Open Settings'),
  command: 'workbench.action.openSettings',
  args: [`${section}.rsyncPath`],
};
const setTransport: Action = { ...setRsync, args: [`${section}.transport`] };
const openFolder: Action = { title: l10n.t('Open Folder…'), command: 'vscode.openFolder', args: [] };
const trust: Action = { title: l10n.t('Manage Workspace Trust'), command: 'workbench.trust.manage', args: [] };
const update: Action = {
  title: l10n.t('Check for Updates'),
  command: 'workbench.extensions.action.checkForUpdates',
  args: [],
};

/** An error whose code is not listed offers the log. */
const actionsByCode: Partial<Record<ErrorCode, Message['actions']>> = {
  no_folder: [openFolder],
  untrusted: [trust],
  not_connected: [connect],
  invalid_url: [connect],
  insecure_url: [connect],
  invalid_tree: [connect],
  unauthorized: [connect],
  forbidden: [connect],
  tree_not_found: [createTree, connect],
  tree_deleted: [connect],
  tree_renamed: [connect],
  not_a_palmtree_server: [connect, tryAgain],
  redirected: [connect],
  proxy_refused: [tryAgain, showLog],
  websocket_refused: [tryAgain, showLog],
  server_too_old: [tryAgain, showLog],
  client_too_old: [update],
  store_newer: [update],
  stale_base: [pull, review],
  revision_not_found: [pull],
  deletion_guard: [review],
  rsync_missing: [setRsync, tryAgain],
  rsync_unusable: [setRsync, tryAgain],
  rsync_failed: [tryAgain, showTerminal, showLog],
  server_without_http: [setTransport, tryAgain],
  offset_mismatch: [tryAgain],
  connection_lost: [tryAgain, showTerminal],
  server_unreachable: [tryAgain, showLog],
  ssh_missing: [tryAgain, showLog],
  ssh_host_unknown: [connect],
  ssh_host_changed: [],
  ssh_denied: [tryAgain, connect],
  ssh_no_server: [tryAgain, showLog],
  ssh_no_node: [tryAgain, showLog],
  ssh_server_failed: [tryAgain, showLog],
  ssh_failed: [tryAgain, showLog],
  read_only_token: [connect],
  no_response: [tryAgain, showLog],
  too_slow: [tryAgain, showLog],
  content_too_large: [],
  root_gone: [tryAgain, showLog],
  packing_failed: [tryAgain, showLog],
  scan_failed: [tryAgain, showLog],
  store_locked: [tryAgain],
  store_failed: [tryAgain, showLog],
  disk_full: [tryAgain, showLog],
  read_only: [tryAgain, showLog],
  disk_fault: [tryAgain, showLog],
  keeps_changing: [tryAgain],
  changed_meanwhile: [tryAgain],
  session_not_found: [tryAgain, showLog],
  session_busy: [tryAgain, showLog],
  too_many_sessions: [tryAgain, showLog],
  too_many_runs: [tryAgain, showLog],
  content_mismatch: [tryAgain, showLog],
  storage_full: [tryAgain, showLog],
  not_found: [tryAgain, showLog],
  internal: [tryAgain, showLog],
  nothing_picked: [],
  nothing_changed: [],
  no_conflict: [],
  not_trackable: [],
  not_mergeable: [],
  conflict_markers: [],
  no_merge: [],
  not_aborted: [],
  not_saved: [tryAgain],
  cancelled: [],
  not_in_folder: [],
  not_in_revision: [],
  nothing_to_undo: [],
  nothing_to_discard: [],
  backup_deleted: [],
  backup_gone: [],
};

const information: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'nothing_picked',
  'nothing_changed',
  'no_conflict',
  'nothing_to_discard',
]);

const warnings: ReadonlySet<ErrorCode> = new Set([
  'stale_base',
  'deletion_guard',
  'not_mergeable',
  'conflict_markers',
  'changed_meanwhile',
  'no_merge',
  'not_aborted',
  'not_saved',
  'not_connected',
  'no_folder',
  'not_in_folder',
  'untrusted',
  'not_in_revision',
  'nothing_to_undo',
  'backup_deleted',
  'backup_gone',
]);

export function messageFor(error: unknown): Message {
  const text = errorText(error);
  if (!(error instanceof PalmtreeError)) return { text, severity: 'error', actions: [showLog] };
  const { code } = error;
  const severity = information.has(code) ? 'information' : warnings.has(code) ? 'warning' : 'error';
  return { text, severity, actions: actionsByCode[code] ?? [showLog] };
}

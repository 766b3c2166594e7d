import type * as vscode from 'vscode';
import type { FolderStatus, PalmtreeApiError, PullOutcome, PushOutcome } from '../../../api/palmtree';
import { atOrIn } from '../../core/pathArea';
import { PalmtreeError } from '../../errors';
import { errorText } from '../../messages/errorTexts';
import type { SyncState } from '../../sync/ports/syncState';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import type { TransferOptions } from '../../sync/transfer/transferOptions';
import { pathsInFolder } from '../workspace/pathsInFolder';

/** The status of a folder as the API promises it, whatever the state becomes. */
export function folderStatus({ uri }: vscode.WorkspaceFolder, state: SyncState): FolderStatus {
  const { binding, revision, counts } = state;
  return {
    folder: uri,
    server: binding?.server,
    tree: binding?.tree,
    revision,
    activity: activityOf(state),
    error: state.kind === 'halted' ? apiError(state.error) : undefined,
    tracked: counts.tracked,
    toPush: counts.outgoing,
    toPull: counts.incoming,
    conflicts: counts.conflicts,
    problems: counts.problems,
    held: counts.held,
  };
}

function activityOf(state: SyncState): FolderStatus['activity'] {
  if (state.kind !== 'transferring') return state.kind;
  return state.direction === 'push' ? 'pushing' : 'pulling';
}

export function pushOutcome({ uri }: vscode.WorkspaceFolder, result: PushResult): PushOutcome {
  const { revision, put, deleted, skipped } = result;
  return { folder: uri, revision, sent: put, deleted, skipped: pathsOf(skipped) };
}

export function pullOutcome({ uri }: vscode.WorkspaceFolder, result: PullResult): PullOutcome {
  const { revision, written, deleted, merged, conflicts, skipped, held, excluded = [] } = result;
  const lists = { merged, conflicts, skipped: pathsOf(skipped), held: pathsOf(held), excluded: pathsOf(excluded) };
  return { folder: uri, revision, written, deleted, ...lists };
}

function pathsOf(items: readonly { readonly path: string }[]): string[] {
  return items.map(({ path }) => path);
}

/** The options that limit a transfer to these files and folders. Without paths, nothing is left out. Throws not_in_folder. */
export function limitTo(paths: readonly string[] | undefined): Pick<TransferOptions, 'only'> {
  return { only: paths && atOrIn(pathsInFolder(paths)) };
}

/** The error with the words for the user, as callers outside of this extension see it. */
export function apiError(error: unknown): PalmtreeApiError {
  const { code, paths = [] } =
    error instanceof PalmtreeError ? { code: error.code, paths: error.details.paths } : { code: 'internal' };
  return Object.assign(new Error(errorText(error), { cause: error }), { code, paths });
}

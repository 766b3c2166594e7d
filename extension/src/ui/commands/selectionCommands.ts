import * as vscode from 'vscode';
import { atOrIn } from '../../core/pathArea';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import type { ReviewDeps } from '../review/commands';
import { repeatable } from '../shared/repeatable';
import { runPull, runPush } from '../sync/runs';
import type { PathPicker } from '../views/pathPicker';
import { callOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { offerToSave } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

export interface SelectionDeps extends ReviewDeps {
  readonly picker: PathPicker;
}

/** Pushes the changes at and in the picked paths, and no others. Returns the result of the last folder. */
export async function pushSelected(
  deps: SelectionDeps,
  ...picked: readonly unknown[]
): Promise<PushResult | undefined> {
  const options = callOptions(picked[0]);
  let last: PushResult | undefined;
  for (const [owner, paths] of await selection(deps, vscode.l10n.t('Palmtree: Push Selected'), picked)) {
    const only = atOrIn(paths);
    if (options === undefined) await offerToSave(owner, 'push', only);
    const message = options?.message === undefined ? {} : { message: options.message };
    last = (await repeatable(() => runPush(deps, owner, options, { only, ...message }))).result;
  }
  return last;
}

/**
 * Pulls the server's changes at and in the picked paths, and no others. A user who picks a held file has decided about it;
 * about those in a picked folder, the pull asks. Returns the result of the last folder.
 */
export async function pullSelected(
  deps: SelectionDeps,
  ...picked: readonly unknown[]
): Promise<PullResult | undefined> {
  const options = callOptions(picked[0]);
  let last: PullResult | undefined;
  for (const [owner, paths] of await selection(deps, vscode.l10n.t('Palmtree: Pull Selected'), picked)) {
    const only = atOrIn(paths);
    const approved = new Set(paths.filter((path) => owner.sync.pathStates.get(path) === 'held'));
    last = (await repeatable(() => runPull(deps, owner, options, { only, approved }))).result;
  }
  return last;
}

/** The picked paths by folder; those of the options, if code calls the command. */
export async function selection(
  { folders, picker }: Pick<SelectionDeps, 'folders' | 'picker'>,
  title: string,
  picked: readonly unknown[],
): Promise<ReadonlyMap<SyncedFolder, readonly string[]>> {
  const options = callOptions(picked[0]);
  if (options === undefined) return picker.pick('changed', title, ...picked);
  return new Map([[await targetFolder(folders, options, isConnected), options.paths ?? []]]);
}

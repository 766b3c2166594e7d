import * as vscode from 'vscode';
import { atOrIn } from '../../core/pathArea';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import type { ReviewDeps } from '../review/commands';
import { repeatable } from '../shared/repeatable';
import { pullThenPush, type SyncResult } from '../sync/pullThenPush';
import { runPull, runPush } from '../sync/runs';
import type { PathPicker } from '../views/pathPicker';
import { callOptions, isConnected, targetFolder, type CallOptions } from '../workspace/callOptions';
import { pathsInFolder } from '../workspace/pathsInFolder';
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
  for (const [owner, paths] of await selection(deps, vscode.l10n.t('Palmtree: Push Selected Files'), picked)) {
    const only = atOrIn(paths);
    if (options === undefined) await offerToSave(owner, 'push', only);
    last = (await repeatable(() => runPush(deps, owner, options, { only, message: options?.message }))).result;
  }
  return last;
}

/**
 * Pulls the server's changes at and in the picked paths, and no others. About held files among them, the pull asks, unless
 * the user has picked nothing else. Returns the result of the last folder.
 */
export async function pullSelected(
  deps: SelectionDeps,
  ...picked: readonly unknown[]
): Promise<PullResult | undefined> {
  const options = callOptions(picked[0]);
  let last: PullResult | undefined;
  for (const [owner, paths] of await selection(deps, vscode.l10n.t('Palmtree: Pull Selected Files'), picked)) {
    const only = atOrIn(paths);
    const approved = heldAmong(owner, paths, options);
    last = (await repeatable(() => runPull(deps, owner, options, { only, approved }))).result;
  }
  return last;
}

/** Pulls, then pushes, the changes at and in the picked paths, and no others. Returns the result of the last folder. */
export async function syncSelected(
  deps: SelectionDeps,
  ...picked: readonly unknown[]
): Promise<SyncResult | undefined> {
  const options = callOptions(picked[0]);
  let last: SyncResult | undefined;
  for (const [owner, paths] of await selection(deps, vscode.l10n.t('Palmtree: Sync Selected Files'), picked)) {
    const only = atOrIn(paths);
    if (options === undefined) await offerToSave(owner, 'sync', only);
    const pull = { only, approved: heldAmong(owner, paths, options) };
    const limits = { pull, push: { only, message: options?.message } };
    last = await repeatable(() => pullThenPush(deps, owner, options, limits));
  }
  return last;
}

/**
 * The held files that the pull need not ask about: a user who picks nothing but held files has decided about them, and code
 * agrees by `confirmed`. Among other files, a user may have picked them unseen, as by Select All.
 */
export function heldAmong(
  { sync }: SyncedFolder,
  paths: readonly string[],
  options: CallOptions | undefined,
): ReadonlySet<string> {
  const held = paths.filter((path) => sync.pathStates.get(path) === 'held');
  const isAgreed = options === undefined ? held.length === paths.length : options.confirmed === true;
  return new Set(isAgreed ? held : []);
}

/** The picked paths by folder; those of the options, if code calls the command. Throws not_in_folder. */
export async function selection(
  { folders, picker }: Pick<SelectionDeps, 'folders' | 'picker'>,
  title: string,
  picked: readonly unknown[],
): Promise<ReadonlyMap<SyncedFolder, readonly string[]>> {
  const options = callOptions(picked[0]);
  if (options === undefined) return picker.pick('changed', title, ...picked);
  const paths = pathsInFolder(options.paths ?? []);
  return new Map([[await targetFolder(folders, options, isConnected), paths]]);
}

import * as vscode from 'vscode';
import { obeyedWithin } from '../../core/filenames/obeyedFiles';
import { atOrIn, type PathArea } from '../../core/pathArea';
import type { PullResult } from '../../sync/pull/pull';
import type { BringRequest } from '../../sync/replica/bring';
import { serverDocument } from '../documents/serverDocuments';
import { repeatable } from '../shared/repeatable';
import { askAboutHeld } from '../sync/heldQuestion';
import { runPull } from '../sync/runs';
import type { TransferDeps } from '../sync/showRun';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import { callOptions, isConnected, targetFolder, type CallOptions } from '../workspace/callOptions';
import { pathsInFolder } from '../workspace/pathsInFolder';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { findFile } from './findFile';
import type { ServerView } from './serverView';

export interface OnServerDeps extends TransferDeps {
  readonly folders: WorkspaceFolders;
  readonly onServer: ServerView;
}

/** Opens the server's version of the picked files read-only. */
export async function openOnServer(deps: OnServerDeps, ...picked: readonly unknown[]): Promise<void> {
  for (const [owner, paths] of await resolvePicked(deps.folders, pickedUris(...picked))) {
    for (const path of paths) if (owner.sync.serverFiles.entry(path) !== undefined) await openFile(owner, path);
  }
}

async function openFile(owner: SyncedFolder, path: string): Promise<void> {
  const revision = owner.sync.knownRevision;
  const label = `${path.split('/').at(-1) ?? path} (r${revision})`;
  const uri = serverDocument(owner, path, revision);
  await vscode.commands.executeCommand('vscode.open', uri, { preview: true }, label);
}

/** Lets the user find a file of the server by its name, and opens, brings or reveals it. */
export async function findOnServer(deps: OnServerDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(deps.folders, argument, isConnected);
  const { path, action } = await findFile(owner, {
    title: vscode.l10n.t('Palmtree: Find File on Server'),
    placeHolder: vscode.l10n.t('Type a part of a name or path, to open the file read-only'),
    action: 'open',
  });
  if (action === 'open') await openFile(owner, path);
  else if (action === 'reveal') await deps.onServer.reveal(owner, path);
  else await repeatable(() => bringPaths(deps, owner, [path], undefined));
}

/** Tracks the picked files and folders of the server on this machine, and pulls them. Returns the last folder's result. */
export async function bringHere(deps: OnServerDeps, ...picked: readonly unknown[]): Promise<PullResult | undefined> {
  const options = callOptions(picked[0]);
  let last: PullResult | undefined;
  for (const [owner, paths] of await pathsToBring(deps, options, picked)) {
    last = await repeatable(() => bringPaths(deps, owner, paths, options));
  }
  return last;
}

async function pathsToBring(
  deps: OnServerDeps,
  options: CallOptions | undefined,
  picked: readonly unknown[],
): Promise<ReadonlyMap<SyncedFolder, readonly string[]>> {
  const { folders, onServer } = deps;
  if (options !== undefined) {
    const paths = pathsInFolder(options.paths ?? []);
    return new Map([[await targetFolder(folders, options, isConnected), paths]]);
  }
  const passed = pickedUris(...picked);
  const uris = passed.length > 0 ? passed : pickedUris(...onServer.selection);
  if (uris.length > 0) return resolvePicked(folders, uris);
  const owner = await targetFolder(folders, undefined, isConnected);
  const { path, action } = await findFile(owner, {
    title: vscode.l10n.t('Palmtree: Bring Here'),
    placeHolder: vscode.l10n.t('Type a part of a name or path, to pull the file to this machine'),
    action: 'bring',
  });
  if (action === 'bring') return new Map([[owner, [path]]]);
  await onServer.reveal(owner, path);
  return new Map();
}

async function bringPaths(
  deps: OnServerDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  options: CallOptions | undefined,
): Promise<PullResult | undefined> {
  const isWish = isExplicit(owner, paths);
  const agreed = await agreedPaths(owner, paths, { options, isWish });
  // Code is told which files are held.
  const isPulled = agreed.paths.length > 0 || (options !== undefined && paths.length > 0);
  return isPulled ? pullBrought(deps, owner, agreed, options) : undefined;
}

/** Whether the user has picked nothing but one file, or one folder whose name says that programs obey what is in it. */
function isExplicit({ sync }: SyncedFolder, [path, ...others]: readonly string[]): boolean {
  if (path === undefined || others.length > 0) return false;
  return sync.serverFiles.entry(path) !== undefined || obeyedWithin(path) !== undefined;
}

/** The paths to bring here. */
export interface AgreedPaths extends BringRequest {
  /** Those that programs run or obey by themselves, to which the user has agreed. */
  readonly approved: ReadonlySet<string>;
  /** The paths that the pull brings or holds. */
  readonly only: PathArea;
}

/**
 * Asks about the files at and in `paths` that programs run or obey by themselves. `isWish`: the user has picked nothing else,
 * and so has agreed; among others, such a file may have been picked unseen. Code agrees by `confirmed`.
 * Invariant: without an agreement, no path is tracked by a name because of which a pull would not hold such a file.
 */
export async function agreedPaths(
  owner: SyncedFolder,
  paths: readonly string[],
  { options, isWish }: { readonly options: CallOptions | undefined; readonly isWish: boolean },
): Promise<AgreedPaths> {
  const { serverFiles, held } = owner.sync;
  const asked = await serverFiles.programFiles(paths);
  const found = new Set(asked.map(({ path }) => path));
  const all = atOrIn(paths);
  const agreed = { paths, approved: found, only: all };
  if (asked.length === 0) return agreed;
  const others = paths.filter((path) => !found.has(path) && obeyedWithin(path) === undefined);
  if (options !== undefined) {
    return options.confirmed === true ? agreed : { paths: others, approved: new Set(), only: all };
  }
  if (isWish) return agreed;
  const answer = await askAboutHeld(owner, asked);
  if (answer !== undefined) await held.decide(asked, answer);
  if (answer === 'pull') return agreed;
  // A user who has not decided is not asked the same again after the pull.
  const only = { has: (path: string) => all.has(path) && !found.has(path) };
  return { paths: others, approved: new Set(), only };
}

/** Tracks the paths and pulls them. If the pull fails, and when the user undoes it, the rules are as before. */
export async function pullBrought(
  deps: OnServerDeps,
  owner: SyncedFolder,
  { approved, only, ...request }: AgreedPaths,
  options: CallOptions | undefined,
): Promise<PullResult> {
  const { serverFiles } = owner.sync;
  const former = await serverFiles.bring(request);
  const revert = (): Promise<void> => serverFiles.revertBring(former);
  try {
    return (await runPull(deps, owner, options, { only, approved }, revert)).result;
  } catch (error) {
    await revert().catch((fault: unknown) => deps.log.warn(`the rules are left as they are: ${String(fault)}`));
    throw error;
  }
}

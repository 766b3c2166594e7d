import * as vscode from 'vscode';
import { atOrIn } from '../../core/pathArea';
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
  const agreed = await agreedPaths(owner, paths, options);
  return agreed.paths.length === 0 ? undefined : pullBrought(deps, owner, agreed, options);
}

/** The paths to bring here. */
export interface AgreedPaths extends BringRequest {
  /** Those that programs run or obey by themselves, to which the user has agreed. */
  readonly approved: ReadonlySet<string>;
}

/**
 * The paths without the files that programs run or obey by themselves, unless the user agrees to these. A user who has
 * picked nothing else has agreed: among others, such a file may have been picked unseen. Code agrees by `confirmed`.
 */
export async function agreedPaths(
  owner: SyncedFolder,
  paths: readonly string[],
  options: CallOptions | undefined,
): Promise<AgreedPaths> {
  const { serverFiles, held } = owner.sync;
  const asked = await serverFiles.programFiles(paths);
  const approved = new Set(asked.map(({ path }) => path));
  if (options !== undefined) return { paths, approved: options.confirmed === true ? approved : new Set() };
  if (asked.length === 0 || asked.length === paths.length) return { paths, approved };
  const answer = await askAboutHeld(owner, asked);
  if (answer !== undefined) await held.decide(asked, answer);
  if (answer === 'pull') return { paths, approved };
  return { paths: paths.filter((path) => !approved.has(path)), approved: new Set() };
}

/** Tracks the paths and pulls them. If the pull fails, and when the user undoes it, the rules are as before. */
export async function pullBrought(
  deps: OnServerDeps,
  owner: SyncedFolder,
  { approved, ...request }: AgreedPaths,
  options: CallOptions | undefined,
): Promise<PullResult> {
  const { serverFiles } = owner.sync;
  const former = await serverFiles.bring(request);
  const revert = (): Promise<void> => serverFiles.revertBring(former);
  try {
    return (await runPull(deps, owner, options, { only: atOrIn(request.paths), approved }, revert)).result;
  } catch (error) {
    await revert().catch((fault: unknown) => deps.log.warn(`the rules are left as they are: ${String(fault)}`));
    throw error;
  }
}

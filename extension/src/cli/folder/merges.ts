import { join } from 'node:path';
import * as z from 'zod';
import { maxMergeBytes } from '../../core/merge/mergeText';
import { sha256 } from '../../io/fs/sha256';
import { readSmallFile } from '../../io/fs/smallFile';
import { storagePaths } from '../../io/openFolderStorage';
import type { LockedFile } from '../../io/store/lockedFile';
import type { FinishedMerge } from '../../sync/conflicts/finishMerge';
import { mergesFile, recordedMerge } from '../../sync/conflicts/recordedMerges';
import type { OpenFolder } from './openFolder';

const begunMerge = recordedMerge.extend({
  /** The hash of the text that the merge wrote, which may have no conflict markers. */
  lastSaved: z.string().optional(),
});

type BegunMerge = Readonly<z.infer<typeof begunMerge>>;

function fileOf({ storage }: OpenFolder): LockedFile<readonly BegunMerge[]> {
  return mergesFile(storagePaths(storage), begunMerge);
}

function isOf({ sync }: OpenFolder): (merge: BegunMerge) => boolean {
  const { server, tree } = sync.state.binding ?? {};
  return (merge) => merge.server === server && merge.tree === tree;
}

/** The merges of the folder that were begun and neither finished nor aborted. */
export async function activeMerges(folder: OpenFolder): Promise<readonly BegunMerge[]> {
  return ((await fileOf(folder).read()) ?? []).filter(isOf(folder));
}

/** Their paths. No pull writes them, whatever they have been saved as. */
export async function activeMergePaths(folder: OpenFolder): Promise<ReadonlySet<string>> {
  const merges = await activeMerges(folder);
  if (merges.length === 0) return new Set();
  const ended = new Set(await folder.sync.merges.ended(merges));
  if (ended.size > 0) await forgetMerges(folder, ended);
  return new Set(merges.map(({ path }) => path).filter((path) => !ended.has(path)));
}

export async function forgetMerges(folder: OpenFolder, paths: ReadonlySet<string>): Promise<void> {
  const isOwn = isOf(folder);
  await fileOf(folder).update((merges) => merges?.filter((merge) => !(isOwn(merge) && paths.has(merge.path))));
}

/** Merges a conflict into its file, with conflict markers where both sides changed the same lines. Returns their number. */
export async function beginMerge(folder: OpenFolder, path: string): Promise<number> {
  const { sync, reporter } = folder;
  const sides = await sync.merges.start(reporter, path);
  const { server = '', tree = '' } = sync.state.binding ?? {};
  const { revision, ancestor, mineCopy, merge } = sides;
  const hashes = { theirs: sha256(sides.theirs), ancestor, lastSaved: sha256(merge.text) };
  const recorded = { server, tree, path, revision, mineCopy, ...hashes };
  // Before the file has markers: a merge that was killed in between can be aborted.
  await fileOf(folder).update((merges = []) => [...merges.filter((one) => one.path !== path), recorded]);
  await sync.merges.write(reporter, sides);
  return merge.kind === 'conflict' ? merge.conflicts : 0;
}

/** Accepts the file on this disk as the result of the merge. Throws conflict_markers. */
export async function finishMerge(folder: OpenFolder, merge: BegunMerge): Promise<FinishedMerge> {
  const finished = await folder.sync.merges.finish(folder.reporter, merge);
  await forgetMerges(folder, new Set([merge.path]));
  return finished;
}

/** Whether the file is as it was before its merge: then it is no result, and the merge begins anew. */
export async function isMineAgain({ root }: OpenFolder, { path, mineCopy }: BegunMerge): Promise<boolean> {
  const [file, mine] = await Promise.all([join(root, path), mineCopy].map((one) => readSmallFile(one, maxMergeBytes)));
  return file !== undefined && mine !== undefined && Buffer.compare(file, mine) === 0;
}

/** Restores the files as they were before their merges. Returns the backups of the unfinished results. Throws not_aborted. */
export async function abortMerges(folder: OpenFolder, paths: readonly string[]): Promise<string[]> {
  const wanted = new Set(paths);
  const backups: string[] = [];
  for (const merge of await activeMerges(folder)) {
    if (!wanted.has(merge.path)) continue;
    const backup = await folder.sync.merges.abort(folder.reporter, merge);
    if (backup !== undefined) backups.push(backup);
    await forgetMerges(folder, new Set([merge.path]));
  }
  return backups;
}

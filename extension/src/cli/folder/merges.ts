import { join } from 'node:path';
import * as z from 'zod';
import { LockedFile } from '../../io/store/lockedFile';
import { sha256 } from '../../io/fs/sha256';
import type { FinishedMerge } from '../../sync/conflicts/finishMerge';
import type { OpenFolder } from './openFolder';

const schema = z.array(
  z.object({
    /** The merge is void if the folder is bound to another server or tree. */
    server: z.string(),
    tree: z.string(),
    path: z.string(),
    revision: z.number(),
    theirs: z.string(),
    ancestor: z.string().nullable(),
    mineCopy: z.string(),
  }),
);

type RecordedMerge = z.infer<typeof schema>[number];

function mergesFile({ storage }: OpenFolder): LockedFile<readonly RecordedMerge[]> {
  return new LockedFile({ path: join(storage, 'merges.json'), parse: (value) => schema.safeParse(value).data });
}

function isOf({ sync }: OpenFolder): (merge: RecordedMerge) => boolean {
  const { server, tree } = sync.state.binding ?? {};
  return (merge) => merge.server === server && merge.tree === tree;
}

/** The merges of the folder that were begun and neither finished nor aborted. */
export async function activeMerges(folder: OpenFolder): Promise<readonly RecordedMerge[]> {
  return ((await mergesFile(folder).read()) ?? []).filter(isOf(folder));
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
  await mergesFile(folder).update((merges) => merges?.filter((merge) => !(isOwn(merge) && paths.has(merge.path))));
}

/** Merges a conflict into its file, with conflict markers where both sides changed the same lines. Returns their number. */
export async function beginMerge(folder: OpenFolder, path: string): Promise<number> {
  const { sync, reporter } = folder;
  const sides = await sync.merges.start(reporter, path);
  const { server = '', tree = '' } = sync.state.binding ?? {};
  const { revision, ancestor, mineCopy, merge } = sides;
  const recorded = { server, tree, path, revision, theirs: sha256(sides.theirs), ancestor, mineCopy };
  // Before the file has markers: a merge that was killed in between can be aborted.
  await mergesFile(folder).update((merges = []) => [...merges.filter((one) => one.path !== path), recorded]);
  await sync.merges.write(reporter, sides);
  return merge.kind === 'conflict' ? merge.conflicts : 0;
}

/** Accepts the file on this disk as the result of the merge. Throws conflict_markers. */
export async function finishMerge(folder: OpenFolder, merge: RecordedMerge): Promise<FinishedMerge> {
  const finished = await folder.sync.merges.finish(folder.reporter, merge);
  await forgetMerges(folder, new Set([merge.path]));
  return finished;
}

/** Restores the files as they were before their merges; the unfinished results are kept in a backup. Throws not_aborted. */
export async function abortMerges(folder: OpenFolder, paths: readonly string[]): Promise<void> {
  const wanted = new Set(paths);
  for (const merge of await activeMerges(folder)) {
    if (!wanted.has(merge.path)) continue;
    await folder.sync.merges.abort(folder.reporter, merge);
    await forgetMerges(folder, new Set([merge.path]));
  }
}

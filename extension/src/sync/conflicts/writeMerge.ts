import { entryWith } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { stagedPath } from '../../io/apply/staging';
import { writeNewFile } from '../../io/fs/files';
import { sha256 } from '../../io/fs/sha256';
import type { LocalContext } from '../replica/commandContext';
import { applyStaged } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { withStaging } from '../transfer/staging';
import type { MergeSides } from './startMerge';

/**
 * Puts the merged text of a conflict, with its conflict markers, in the place of mine, of which there is a copy. The conflict
 * remains. Throws changed_meanwhile if the file is no longer the one that was merged.
 */
export async function writeMerge(
  context: LocalContext,
  { path, mine, merge }: Pick<MergeSides, 'path' | 'mine' | 'merge'>,
): Promise<void> {
  const { replica, folders, reporter } = context;
  await replica.scan({ only: [path], verify: true, signal: reporter.signal });
  const from = replica.local.observations.get(path);
  if (from?.kind !== 'file' || from.hash !== sha256(mine)) throw changed(path);
  const content = new TextEncoder().encode(merge.text);
  const mtimeNs = BigInt(Date.now()) * 1_000_000n;
  const to = entryWith(from, { hash: sha256(content), size: content.length, mtimeNs });
  await withStaging(folders, async (staging) => {
    await writeNewFile(stagedPath(staging, path), content);
    const backup = await newBackup(folders, 'merge');
    const { skipped } = await applyStaged(context, { changes: [{ path, from, to }], staging, backup });
    if (skipped.length > 0) throw changed(path);
  });
  await replica.save();
}

function changed(path: string): PalmtreeError {
  return new PalmtreeError('changed_meanwhile', `${path} was changed meanwhile`, { details: { paths: [path] } });
}

import * as z from 'zod';
import { LockedFile } from '../../io/store/lockedFile';
import type { StorageFolders } from '../replica/commandContext';

/** An active merge as the storage of its folder records it. Front ends extend it by what they need. */
export const recordedMerge = z.object({
  /** The merge is void if the folder is bound to another server or tree. */
  server: z.string(),
  tree: z.string(),
  path: z.string(),
  revision: z.number(),
  theirs: z.string(),
  ancestor: z.string().nullable(),
  /** The absolute path of a copy of the local version before the merge. */
  mineCopy: z.string(),
});

export type RecordedMerge = z.infer<typeof recordedMerge>;

/** The recorded merges of a folder, which outlive the process that began them. */
export function mergesFile<T extends RecordedMerge>(
  { merges }: Pick<StorageFolders, 'merges'>,
  schema: z.ZodType<T>,
): LockedFile<readonly T[]> {
  return new LockedFile({ path: merges, parse: (value) => z.array(schema).safeParse(value).data });
}

/** The copies that the active merges of a folder need, by their absolute paths. */
export async function copiesInUse(folders: Pick<StorageFolders, 'merges'>): Promise<readonly string[]> {
  const merges = (await mergesFile(folders, recordedMerge).read()) ?? [];
  return merges.map(({ mineCopy }) => mineCopy);
}

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

/** The recorded merges of a folder, which outlive the process that began them. One that is not valid is left out. */
export function mergesFile<T>(
  { merges }: Pick<StorageFolders, 'merges'>,
  schema: z.ZodType<T>,
): LockedFile<readonly T[]> {
  const valid = (one: unknown): T[] => {
    const parsed = schema.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  };
  return new LockedFile({
    path: merges,
    parse: (value) => (Array.isArray(value) ? value.flatMap(valid) : undefined),
  });
}

/** The copies that the active merges of a folder need, by their absolute paths; also those of merges of another version. */
export async function copiesInUse(folders: Pick<StorageFolders, 'merges'>): Promise<readonly string[]> {
  const merges = (await mergesFile(folders, recordedMerge.pick({ mineCopy: true })).read()) ?? [];
  return merges.map(({ mineCopy }) => mineCopy);
}

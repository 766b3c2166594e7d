import type * as z from 'zod';
import { ndjsonBlocks } from '../contract/ndjson';
import type { FileTable, tableHead } from '../contract/schemas';

export function tableNdjson({ files, ...rest }: FileTable): Iterable<string> {
  const head: z.infer<typeof tableHead> = { ...rest, count: files.length };
  return ndjsonBlocks(head, files);
}

import type * as z from 'zod';
import { ndjsonBlocks } from '../contract/ndjson';
import type { FileTable, tableHead } from '../contract/schemas';

export function tableNdjson({ files, ...rest }: FileTable): ReadableStream<Uint8Array> {
  const head: z.infer<typeof tableHead> = { ...rest, count: files.length };
  return ReadableStream.from(ndjsonBlocks(head, files)).pipeThrough(new TextEncoderStream());
}

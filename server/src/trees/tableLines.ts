import type * as z from 'zod';
import { tableLinesType, type FileTable, type tableHead } from '../contract/schemas';

const sliceSize = 1_000;

/** The table's head as one line of JSON, and one for each entry: neither side ever has all of it as one text. */
export function tableLines({ files, ...rest }: FileTable): Response {
  const head: z.infer<typeof tableHead> = { ...rest, count: files.length };
  const encoder = new TextEncoder();
  let from = 0;
  const lines = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`${JSON.stringify(head)}\n`)),
    pull: (controller) => {
      const slice = files.slice(from, (from += sliceSize));
      if (slice.length === 0) controller.close();
      else controller.enqueue(encoder.encode(slice.map((file) => `${JSON.stringify(file)}\n`).join('')));
    },
  });
  return new Response(lines, { headers: { 'content-type': tableLinesType } });
}

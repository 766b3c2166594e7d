import type * as z from 'zod';
import type { FileTable, tableHead } from '../contract/schemas';

const sliceSize = 1_000;

/** The table's head as one line of JSON, and one for each entry: neither side ever has all of it as one text. */
export function tableLines({ files, ...rest }: FileTable): ReadableStream<Uint8Array> {
  const head: z.infer<typeof tableHead> = { ...rest, count: files.length };
  const encoder = new TextEncoder();
  let from = 0;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`${JSON.stringify(head)}\n`)),
    pull: (controller) => {
      const slice = files.slice(from, (from += sliceSize));
      if (slice.length === 0) controller.close();
      else controller.enqueue(encoder.encode(slice.map((file) => `${JSON.stringify(file)}\n`).join('')));
    },
  });
}

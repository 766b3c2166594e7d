import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ndjsonValues } from '../../../../server/src/contract/ndjson';
import { ndjsonBody } from './ndjsonBody';

async function sentValues(head: object, items: { length: number } & Iterable<unknown>): Promise<unknown[]> {
  const { body } = new Response(ndjsonBody(head, items));
  const values: unknown[] = [];
  for await (const batch of ndjsonValues(body ?? new ReadableStream())) values.push(...batch);
  return values;
}

it('is the head and each item, whatever JSON they contain', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), async (head, items) => {
      const values = await sentValues(head, items);
      expect(values).toEqual(JSON.parse(JSON.stringify([{ ...head, count: items.length }, ...items])));
    }),
  );
});

it.each([0, 499, 500, 2_500, 60_000])('contains all %d items of a list', async (length) => {
  const items = Array.from({ length }, (_, number) => ({ path: `é\n${number}`, size: number }));
  expect(await sentValues({ base: 1 }, items)).toEqual([{ base: 1, count: length }, ...items]);
});

it('accepts items that are generated while they are sent', async () => {
  const generated = {
    length: 2,
    *[Symbol.iterator]() {
      yield 'a';
      yield 'b';
    },
  };
  expect(await sentValues({}, generated)).toEqual([{ count: 2 }, 'a', 'b']);
});

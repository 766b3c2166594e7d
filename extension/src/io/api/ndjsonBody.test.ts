import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ndjsonValues } from '../../../../server/src/contract/ndjson';
import { ndjsonBody } from './ndjsonBody';

async function written(head: object, items: { length: number } & Iterable<unknown>): Promise<unknown[]> {
  const { body } = new Response(ndjsonBody(head, items));
  const values: unknown[] = [];
  for await (const some of ndjsonValues(body ?? new ReadableStream())) values.push(...some);
  return values;
}

it('is the head and each item, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), async (head, items) => {
      const values = await written(head, items);
      expect(values).toEqual(JSON.parse(JSON.stringify([{ ...head, count: items.length }, ...items])));
    }),
  );
});

it.each([0, 499, 500, 2_500, 60_000])('has the whole of a list of %d', async (length) => {
  const items = Array.from({ length }, (_, number) => ({ path: `é\n${number}`, size: number }));
  expect(await written({ base: 1 }, items)).toEqual([{ base: 1, count: length }, ...items]);
});

it('takes what is made while it is sent', async () => {
  const made = {
    length: 2,
    *[Symbol.iterator]() {
      yield 'a';
      yield 'b';
    },
  };
  expect(await written({}, made)).toEqual([{ count: 2 }, 'a', 'b']);
});

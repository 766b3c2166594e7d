import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBody } from './jsonBody';

async function written(body: object): Promise<unknown> {
  return JSON.parse(await new Response(await jsonBody(body)).text()) as unknown;
}

it('is the JSON of the body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined))), async (body) => {
      expect(await written(body)).toEqual(JSON.parse(JSON.stringify(body)));
    }),
  );
});

it.each([2_500, 60_000])('has the whole of a list of %d', async (length) => {
  const changes = Array.from({ length }, (_, number) => ({ path: `é${number}`, size: number }));
  expect(await written({ base: 1, changes, folders: [] })).toEqual({ base: 1, changes, folders: [] });
});

it('takes what is made while it is written for a list', async () => {
  function* made() {
    yield 'a';
    yield 'b';
  }
  expect(await written({ list: made(), none: [].values() })).toEqual({ list: ['a', 'b'], none: [] });
});

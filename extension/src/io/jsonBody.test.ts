import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBody } from './jsonBody';

it('is the JSON of the body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined))), async (body) => {
      const text = await (await jsonBody(body)).text();
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(body)));
    }),
  );
});

it('has the whole of a long list', async () => {
  const changes = Array.from({ length: 2_500 }, (_, number) => ({ path: `é${number}`, size: number }));
  const text = await (await jsonBody({ base: 1, changes, folders: [] })).text();
  expect(JSON.parse(text)).toEqual({ base: 1, changes, folders: [] });
});

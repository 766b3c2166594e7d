import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { toolInputs } from './toolInputs';

interface Manifest {
  readonly contributes: { readonly languageModelTools: readonly { name: string; inputSchema: object }[] };
}

it('package.json describes the inputs of the tools as the code checks them', () => {
  const source = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const { languageModelTools } = (JSON.parse(source) as Manifest).contributes;
  const stated = languageModelTools.map(({ name, inputSchema }) => [name, inputSchema]);
  const known = Object.entries(toolInputs).map(([name, input]) => {
    const { $schema: _, ...schema } = z.toJSONSchema(input);
    return [name, schema];
  });
  expect(stated).toEqual(known);
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Makes garbage beside objects that stay, and prints the peak of the memory in bytes. */
const script = `
  import { limitHeapGrowth } from ${JSON.stringify(join(import.meta.dirname, 'limitHeapGrowth.ts'))};
  if (process.argv.includes('limited')) limitHeapGrowth();
  const kept = [];
  for (let i = 0; i < 2_000_000; i++) kept[i % 300_000] = { path: 'p' + i, hash: 'h' + i };
  console.log(process.resourceUsage().maxRSS * 1024);
`;

async function peakOf(...args: readonly string[]): Promise<number> {
  const flags = ['--input-type=module', '--eval', script, ...args];
  return Number((await promisify(execFile)(process.execPath, flags)).stdout);
}

it('garbage takes less memory than by default', async () => {
  expect(await peakOf('limited')).toBeLessThan((await peakOf()) - 20_000_000);
});

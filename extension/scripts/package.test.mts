import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packagedReadme } from './package.mts';
import { repository } from './paths.mts';

it('packs the README without pictures and links that only a checkout has, and with all of its text', async () => {
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  const packed = packagedReadme(readme);
  const targets = [...packed.matchAll(/\]\(([^)]*)\)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !/^(https:|#)/.test(target))).toEqual([]);
  const words = (markdown: string): string => markdown.replace(/^!.*\n/gm, '').replace(/\]\([^)]*\)|\[|\]/g, '');
  const text = (markdown: string): string[] =>
    words(markdown)
      .split('\n')
      .filter((line) => line !== '');
  expect(text(packed)).toEqual(text(readme));
});

it('keeps pictures and links that any page can show', () => {
  const page = 'a\n\n![b](https://c/d.png)\n\n[e](https://f) [g](#h)\n';
  expect(packagedReadme(page)).toBe(page);
  expect(packagedReadme('![b](c/d.png)\n\nSee [SECURITY.md](SECURITY.md).\n')).toBe('See SECURITY.md.\n');
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withoutPictures } from './package.mts';
import { repository } from './paths.mts';

it('packs the README without its pictures, and with all of its text', async () => {
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  expect(readme).toContain('![');
  const packed = withoutPictures(readme);
  expect(packed).not.toContain('![');
  const isText = (line: string): boolean => line !== '' && !line.startsWith('![');
  expect(packed.split('\n').filter(isText)).toEqual(readme.split('\n').filter(isText));
  expect(withoutPictures('a\n\n![b](https://c/d.png)\n\ne\n')).toBe('a\n\n![b](https://c/d.png)\n\ne\n');
});

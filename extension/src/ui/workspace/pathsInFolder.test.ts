import { expect, it } from 'vitest';
import { pathsInFolder } from './pathsInFolder';

it('are read as they are meant', () => {
  const given = ['figures/', './plan.md', 'a//b/../c', '.', '', './', '..hidden'];
  expect(pathsInFolder(given)).toEqual(['figures', 'plan.md', 'a/c', '', '', '', '..hidden']);
});

it.each(['..', '../other', 'a/../../b', '/etc/passwd', '/'])('are refused outside, as %s is', (path) => {
  expect(() => pathsInFolder(['a', path])).toThrow(
    expect.objectContaining({ code: 'not_in_folder', details: { paths: [path] } }),
  );
});

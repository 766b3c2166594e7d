import { expect, it } from 'vitest';
import { typedPaths } from './typedPaths';

it.each([
  ['notes drafts/plan.md "my data"', ['notes', 'drafts/plan.md', 'my data']],
  ['./notes/ notes', ['notes']],
  ['/garden/notes/plan.md', ['notes/plan.md']],
  ['"/garden/my data/" /garden', ['my data', '']],
  ['. notes/../data', ['', 'data']],
  ['drafts\\plan.md', ['drafts/plan.md']],
  ['..hidden ...', ['..hidden', '...']],
])('reads %s', (text, paths) => {
  expect(typedPaths(text, '/garden')).toEqual({ paths, outside: [] });
});

it('reads a relative path from the current folder, as a shell does', () => {
  const paths = ['drafts/plan.md', 'notes', 'data', 'drafts'];
  expect(typedPaths('plan.md ../notes /garden/data .', '/garden', 'drafts')).toEqual({ paths, outside: [] });
  expect(typedPaths('../../x', '/garden', 'drafts').outside).toEqual(['../../x']);
});

it.each(['/etc/passwd', '../other', 'notes/../../other', '/gardens/x', '..'])('finds %s outside', (text) => {
  expect(typedPaths(`notes ${text}`, '/garden')).toEqual({ paths: ['notes'], outside: [text] });
});

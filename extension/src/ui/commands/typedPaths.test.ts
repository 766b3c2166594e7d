import { expect, it } from 'vitest';
import { typedPaths, typedText } from './typedPaths';

it.each([
  ['notes drafts/plan.md "my data"', ['notes', 'drafts/plan.md', 'my data']],
  ['./notes/ notes', ['notes']],
  ['/work/space/notes/plan.md', ['notes/plan.md']],
  ['"/work/space/my data/" /work/space', ['my data', '']],
  ['. notes/../data', ['', 'data']],
  ['drafts\\plan.md', ['drafts/plan.md']],
  ['..hidden ...', ['..hidden', '...']],
])('reads %s', (text, paths) => {
  expect(typedPaths(text, '/work/space')).toEqual({ paths, outside: [] });
});

it.each(['/etc/passwd', '../other', 'notes/../../other', '/work/spaces/x', '..'])('finds %s outside', (text) => {
  expect(typedPaths(`notes ${text}`, '/work/space')).toEqual({ paths: ['notes'], outside: [text] });
});

it.each(['notes/plan.md', 'my data/plan.md'])('reads the text of %s as that path', (path) => {
  expect(typedPaths(typedText(path), '/work/space').paths).toEqual([path]);
});

import { expect, it } from 'vitest';
import { purposeMessage } from './purposeMessage';

it.each([
  ['r7', 'pull of r7'],
  ['undone-r7', 'pull of r7 undone'],
  ['restored-r12', 'restore of r12'],
  ['resolved', 'conflict resolved'],
  ['discarded', 'local changes discarded'],
  ['merge', 'before a merge'],
  ['something-else', 'something-else'],
])('a backup for %s is called "%s"', (purpose, text) => {
  expect(purposeMessage(purpose)).toBe(text);
});

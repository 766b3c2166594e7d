import { expect, it } from 'vitest';
import { changeKind } from './undoable';

it.each([
  ['r7', 'pull'],
  ['resolved', 'decision'],
  ['restored-r7', 'restore'],
  ['restored', 'restore'],
])('tells by the purpose of a backup, such as %s, that a %s made it', (purpose, kind) => {
  expect(changeKind(`/state/backups/000012-2026-01-02T03-04-05.678Z-${purpose}`)).toBe(kind);
});

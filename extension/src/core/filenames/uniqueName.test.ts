import { describe, expect, it } from 'vitest';
import { nameTaken, uniqueName } from './uniqueName';

describe('uniqueName', () => {
  const none = (): boolean => false;

  it.each([
    ['a.md', 'a (server r12).md'],
    ['d/e.f/a.tar.gz', 'd/e.f/a.tar (server r12).gz'],
    ['Makefile', 'Makefile (server r12)'],
    ['.env', '.env (server r12)'],
    ['a.b/c', 'a.b/c (server r12)'],
    ['a.', 'a (server r12).'],
  ])('of %s is %s', (path, name) => {
    expect(uniqueName(path, none, 'server r12')).toBe(name);
  });

  it('counts up past names of files, of folders and in other spellings', () => {
    const isTaken = nameTaken([['a (server r12).md/x'], ['A (Server r12 2).md']], {
      foldsCase: true,
      normalizes: true,
    });
    expect(uniqueName('a.md', isTaken, 'server r12')).toBe('a (server r12 3).md');
    expect(uniqueName('a.md', nameTaken([['A (server r12).md']]), 'server r12')).toBe('a (server r12).md');
  });

  it('cuts a long name to 255 bytes, between characters', () => {
    const name = uniqueName(`d/${'🌴'.repeat(62)}.md`, none, 'server r12');
    expect(name).toBe(`d/${'🌴'.repeat(59)} (server r12).md`);
    expect(uniqueName('a'.repeat(255), none, 'server r12')).toHaveLength(255);
    expect(uniqueName(`a.${'b'.repeat(253)}`, none, 'server r12')).toBe('a (server r12)');
  });
});

import { describe, expect, it } from 'vitest';
import { problemMessage } from './problemMessages';

describe('the message for a problem', () => {
  it('names the other path', () => {
    expect(problemMessage({ path: 'a.md', reason: 'same-but-case', with: 'A.md' })).toContain('"A.md" only in case');
    expect(problemMessage({ path: 'x', reason: 'server-has-folder', with: 'x/a' })).toContain('track "x/a"');
  });

  it('says what a system error means', () => {
    const textOf = (errno: string): string => problemMessage({ path: 'a', reason: 'unreadable', with: errno });
    expect(textOf('EMFILE')).toBe('It cannot be read: too many files are open; close some programs (EMFILE).');
    expect(textOf('EIO')).toBe('It cannot be read: the disk reports an error (EIO).');
    expect(textOf('ECODE')).toBe('It cannot be read: ECODE.');
  });

  it('names the character that Windows does not allow, if it can be shown', () => {
    expect(problemMessage({ path: 'a:b', reason: 'windows-character', with: ':' })).toContain('has ":"');
    expect(problemMessage({ path: 'a\nb', reason: 'windows-character', with: '\n' })).toContain('a control character');
  });
});

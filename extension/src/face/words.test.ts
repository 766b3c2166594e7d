import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../errors';
import { wordsFor } from './words';

describe('the words for an error', () => {
  it('name the install command when rsync is missing', () => {
    const details = { subject: 'sudo apt-get install rsync' };
    const { text, actions } = wordsFor(new PalmtreeError('rsync_missing', 'ENOENT', { details }));
    expect(text).toBe('rsync is not installed. Install it and try again: sudo apt-get install rsync');
    expect(actions).toEqual([]);
  });

  it('offer Pull when the server is ahead, and say that nothing was sent', () => {
    const { text, actions, severity } = wordsFor(new PalmtreeError('stale_base', 'HTTP 409'));
    expect(text).toContain('Nothing was sent');
    expect(actions).toEqual([{ title: 'Pull', command: 'pull' }]);
    expect(severity).toBe('warning');
  });

  it('say what the brake stopped', () => {
    const details = { brake: { deletes: 12, emptied: 3, tracked: 20 } };
    expect(wordsFor(new PalmtreeError('brake', 'x', { details })).text).toBe(
      'Stopped: this would delete 12 and empty 3 of 20 tracked files.',
    );
  });

  it('name a few files and count the rest', () => {
    const details = { paths: ['a', 'b', 'c', 'd', 'e'] };
    expect(wordsFor(new PalmtreeError('content_mismatch', 'x', { details })).text).toContain(
      '"a", "b", "c" and 2 more',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { PalmtreeError, type ErrorDetails } from '../../errors';
import { messageFor } from './errorMessages';

describe('the words for an error', () => {
  it('name the install command when rsync is missing', () => {
    const rsync = { command: '/opt/rsync', fault: 'missing', install: 'sudo apt-get install rsync' } as const;
    const { text, actions } = messageFor(new PalmtreeError('rsync_missing', 'ENOENT', { details: { rsync } }));
    expect(text).toContain('/opt/rsync was not found.');
    expect(text).toContain('sudo apt-get install rsync');
    expect(actions).toEqual([]);
  });

  it('offer Pull and a review when the server is ahead, and say that nothing was sent', () => {
    const { text, actions, severity } = messageFor(new PalmtreeError('stale_base', 'HTTP 409'));
    expect(text).toContain('Nothing was sent');
    expect(actions.map(({ command }) => command)).toEqual(['pull', 'review']);
    expect(severity).toBe('warning');
  });

  it('say what the deletion guard stopped', () => {
    const most = {
      direction: 'push',
      deletes: 12,
      emptied: 3,
      tracked: 20,
      missingFolders: [],
      deletedFolders: [],
    } as const;
    const textOf = (deletions: ErrorDetails['deletions']): string =>
      messageFor(new PalmtreeError('deletion_guard', 'x', { details: deletions === undefined ? {} : { deletions } }))
        .text;
    expect(textOf(most)).toBe('Stopped: this would delete 12 and empty 3 of 20 tracked files.');
    expect(textOf({ ...most, emptied: 0, missingFolders: ['a', 'b/c'] })).toBe(
      'Stopped: this would delete 12 of 20 tracked files. Nothing that was tracked in "a", "b/c" is there any more.',
    );
    expect(
      textOf({ ...most, direction: 'pull', deletes: 0, emptied: 0, missingFolders: [''], deletedFolders: ['n'] }),
    ).toBe(
      'Stopped. Nothing that was tracked in this folder is there any more. Nothing that is tracked in "n" would be left.',
    );
  });

  it('offer to try again when the server does not answer, without what only the log is for', () => {
    const details = { subject: 'http://localhost:7777', stderr: 'connect ECONNREFUSED 127.0.0.1:7777' };
    const { text, actions } = messageFor(new PalmtreeError('server_unreachable', 'GET /v1/whoami', { details }));
    expect(text).toBe('http://localhost:7777 does not answer. Is the server running?');
    expect(actions.map(({ title, command }) => [title, command])).toEqual([
      ['Try Again', 'rescan'],
      ['Show Log', 'showLog'],
    ]);
  });

  it('name a certificate that is not trusted', () => {
    const details = { subject: 'https://sync.example.org', stderr: 'self-signed certificate' };
    const { text } = messageFor(new PalmtreeError('server_unreachable', 'GET /v1/whoami', { details }));
    expect(text).toContain('self-signed certificate');
  });

  it('name a few files and count the rest', () => {
    const details = { paths: ['a', 'b', 'c', 'd', 'e'] };
    expect(messageFor(new PalmtreeError('content_mismatch', 'x', { details })).text).toContain(
      '"a", "b", "c" and 2 more',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';
import { errorCodes } from '../../messages/errorTexts';
import { messageFor } from './errorMessages';

function unreachable(reason: string, subject = 'http://localhost:7777') {
  return messageFor(new PalmtreeError('server_unreachable', 'GET /v1/whoami', { details: { subject, reason } }));
}

describe('the message for an error', () => {
  it('names the rsync that is missing and the command that installs one', () => {
    const rsync = { command: '/opt/rsync', fault: 'missing', install: 'sudo apt-get install rsync' } as const;
    const { text, actions } = messageFor(new PalmtreeError('rsync_missing', 'ENOENT', { details: { rsync } }));
    expect(text).toContain('"/opt/rsync" was not found.');
    expect(text).toContain('sudo apt-get install rsync');
    expect(actions.map(({ command, args }) => [command, args])).toEqual([
      ['workbench.action.openSettings', ['palmtree.rsyncPath']],
      ['tryAgain', undefined],
    ]);
  });

  it('says what a system error means, and about which path', () => {
    const textOf = (details: ErrorDetails): string =>
      messageFor(new PalmtreeError('disk_fault', 'x', { details })).text;
    expect(textOf({ subject: '/w/a', reason: 'EMFILE' })).toBe(
      '/w/a cannot be read or written: too many files are open; close some programs (EMFILE). Nothing was lost. Try again.',
    );
    expect(textOf({ subject: '', reason: 'EIO' })).toBe(
      'A file cannot be read or written: the disk reports an error (EIO). Nothing was lost. Try again.',
    );
  });

  it('offers Pull and a review when the server is ahead, and says that nothing was sent', () => {
    const { text, actions, severity } = messageFor(new PalmtreeError('stale_base', 'HTTP 409'));
    expect(text).toContain('nothing was sent');
    expect(actions.map(({ command }) => command)).toEqual(['pull', 'review']);
    expect(severity).toBe('warning');
  });

  it('gives the effect that the deletion guard stopped', () => {
    const most = {
      direction: 'push',
      deletes: 12,
      emptied: 3,
      tracked: 20,
      missingFolders: [],
      vanishedPaths: [],
      deletedFolders: [],
      lostFolders: [],
    } as const;
    const textOf = (deletions: NonNullable<ErrorDetails['deletions']>): string =>
      messageFor(new PalmtreeError('deletion_guard', 'x', { details: { deletions } })).text;
    expect(textOf(most)).toBe('Stopped: this would delete 12 and empty 3 of 20 tracked files.');
    expect(textOf({ ...most, emptied: 0, missingFolders: ['a', 'b/c'] })).toBe(
      'Stopped: this would delete 12 of 20 tracked files. All tracked files in "a", "b/c" are missing.',
    );
    expect(
      textOf({ ...most, direction: 'pull', deletes: 0, emptied: 0, missingFolders: [''], deletedFolders: ['n'] }),
    ).toBe('Stopped. All tracked files in this folder are missing. No tracked file would be left in "n".');
    expect(textOf({ ...most, deletes: 1, emptied: 0, vanishedPaths: ['plan.md'] })).toBe(
      'Stopped: this would delete 1 of 20 tracked files. You track "plan.md", but it no longer exists here.',
    );
    expect(textOf({ ...most, deletes: 2, emptied: 0, vanishedPaths: ['a', 'b'] })).toBe(
      'Stopped: this would delete 2 of 20 tracked files. You track "a", "b", but they no longer exist here.',
    );
    expect(textOf({ ...most, deletes: 1, emptied: 0, tracked: 1 })).toBe(
      'Stopped: this would delete the only tracked file.',
    );
  });

  it('offers to try again when the server cannot be reached, and leaves the system error to the log', () => {
    const { text, actions } = unreachable('connect ECONNREFUSED 127.0.0.1:7777');
    expect(text).toBe("http://localhost:7777 can't be reached. Is the server running?");
    expect(actions.map(({ title, command }) => [title, command])).toEqual([
      ['Try Again', 'tryAgain'],
      ['Show Log', 'showLog'],
    ]);
  });

  it.each([
    ['getaddrinfo ENOTFOUND typo', 'http://typo', 'The host "typo" was not found.'],
    ['self-signed certificate', 'https://a', "The certificate of https://a isn't trusted on this machine."],
    [
      'UND_ERR_SOCKET: other side closed',
      'http://a',
      'http://a closes the connection without a response. Use https://',
    ],
    ['Response does not match the HTTP/1.1 protocol', 'http://a:22', 'The program that listens at http://a:22 is no'],
    ['bad port', 'http://a:6000', 'The port of http://a:6000 belongs to another protocol'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'https://a', "Can't make a secure connection to https://a."],
  ])('distinguishes %s from a server that is down', (reason, subject, text) => {
    expect(unreachable(reason, subject).text).toContain(text);
  });

  it.each([
    ['pull', 'undone', 'The pull of revision 7 (2 days ago) was already undone.'],
    ['other', 'deleted', "The change made 2 days ago can't be undone, because its backup was deleted."],
    ['pull', 'elsewhere', 'because this folder was connected to another server or tree at that time.'],
    [
      'pull',
      'changed',
      'The pull of revision 7 (2 days ago) was not undone, because a later pull, undo or edit changed "a".',
    ],
  ] as const)('names a %s that cannot be undone because it was %s', (kind, state, words) => {
    const at = new Date(Date.now() - 2 * 86_400_000).toISOString();
    const details = { paths: ['a'], undo: { kind, revision: 7, at, state } };
    expect(messageFor(new PalmtreeError('nothing_to_undo', 'x', { details })).text).toContain(words);
  });

  it('says how long the server was silent', () => {
    const details = { subject: 'https://a.example', silenceMs: 15_000 };
    expect(messageFor(new PalmtreeError('no_response', 'x', { details })).text).toBe(
      'https://a.example did not respond for 15 sec.',
    );
  });

  it.each([
    'content_mismatch',
    'content_unavailable',
    'version_removed',
    'invalid_link',
    'invalid_path',
    'file_dir_conflict',
    'keeps_changing',
  ] as const)('of %s is whole without a path, which a server may not name', (code) => {
    const { text } = messageFor(new PalmtreeError(code, 'x'));
    expect(text).toMatch(/^[A-Z]/);
    expect(text).not.toMatch(/ {2}| [.:,]( |$)|""/);
  });

  it('says how much the server has left for a push, if it tells', () => {
    const details = { room: { needed: 3_400_000_000, free: 1_200_000_000 } };
    expect(messageFor(new PalmtreeError('storage_full', 'x', { details })).text).toBe(
      'The server has 1.2 GB left, and this needs 3.4 GB. Nothing was changed there.',
    );
    expect(messageFor(new PalmtreeError('storage_full', 'x')).text).toBe(
      "The server's disk is full. Nothing was changed there.",
    );
  });

  it('names a few files and counts the rest', () => {
    const details = { paths: ['a', 'b', 'c', 'd', 'e'] };
    expect(messageFor(new PalmtreeError('content_mismatch', 'x', { details })).text).toContain(
      '"a", "b", "c" and 2 more',
    );
  });

  it.each(errorCodes)('for %s offers Try Again if its cause may pass, and no log for a mistake of the user', (code) => {
    const details = { paths: ['a'], subject: 'b', reason: 'c' };
    const { text, actions } = messageFor(new PalmtreeError(code, 'x', { details }));
    const commands = actions.map(({ command }) => command);
    const isRepeatable = /try again|again in a moment|push again/i.test(text) || fixedElsewhere.has(code);
    expect(commands.includes('tryAgain')).toBe(isRepeatable);
    if (mistakes.has(code)) expect(commands).not.toContain('showLog');
  });

  it.each([
    ['unauthorized', 'connect'],
    ['forbidden', 'connect'],
    ['not_a_palmtree_server', 'connect'],
    ['rsync_missing', 'workbench.action.openSettings'],
    ['rsync_unusable', 'workbench.action.openSettings'],
    ['tree_not_found', 'createTree'],
    ['deletion_guard', 'review'],
    ['server_unreachable', 'tryAgain'],
    ['no_response', 'tryAgain'],
    ['disk_full', 'tryAgain'],
    ['invalid_tree', 'connect'],
    ['untrusted', 'workbench.trust.manage'],
    ['store_newer', 'workbench.extensions.action.checkForUpdates'],
  ] as const)('offers the remedy for %s first', (code, command) => {
    expect(messageFor(new PalmtreeError(code, 'x')).actions[0]?.command).toBe(command);
  });

  it.each([
    ['proxy_refused', 413, 'client_max_body_size'],
    ['proxy_refused', 429, 'so many requests'],
    ['proxy_refused', 403, 'HTTP 403'],
    ['server_unreachable', 502, 'does not reach the server (HTTP 502)'],
    ['server_unreachable', 503, 'limits requests (HTTP 503)'],
    ['websocket_refused', 400, 'WebSockets'],
  ] as const)('of a proxy with %s and status %d says so', (code, status, words) => {
    const details = { subject: 'https://sync.example.org', status, reason: `HTTP ${status}` };
    const { text } = messageFor(new PalmtreeError(code, 'x', { details }));
    expect(text).toContain(words);
    expect(text).toContain('https://sync.example.org');
  });

  it('says where a redirect leads, and if that is not encrypted', () => {
    const textOf = (target: string): string =>
      messageFor(new PalmtreeError('redirected', 'x', { details: { subject: 'https://a.example', target } })).text;
    expect(textOf('https://b.example')).toContain('https://b.example. If that is your server, connect to it.');
    expect(textOf('http://a.example')).toContain('http://a.example, which is not encrypted.');
    expect(textOf('')).toContain("can't be read");
  });

  it('never shows the text of an unknown error, and offers the log', () => {
    const { text, actions } = messageFor(new Error('undefined is not a function'));
    expect(text).toBe('Unexpected error. No file was lost.');
    expect(actions.map(({ command }) => command)).toEqual(['showLog']);
  });
});

/** Errors whose cause another machine, another program or the user may remove, although their texts do not say so. */
const fixedElsewhere: ReadonlySet<ErrorCode> = new Set([
  'ssh_missing',
  'ssh_denied',
  'ssh_no_server',
  'ssh_no_node',
  'ssh_server_failed',
  'ssh_failed',
  'server_unreachable',
  'no_response',
  'not_a_palmtree_server',
  'server_too_old',
  'rsync_missing',
  'rsync_unusable',
  'rsync_failed',
  'server_without_http',
  'root_gone',
  'scan_failed',
  'store_failed',
  'storage_full',
  'not_found',
  'internal',
]);

/** Errors that only a mistake of the user causes. */
const mistakes: ReadonlySet<ErrorCode> = new Set([
  'no_folder',
  'nothing_picked',
  'no_conflict',
  'not_trackable',
  'not_in_folder',
  'not_mergeable',
  'conflict_markers',
]);

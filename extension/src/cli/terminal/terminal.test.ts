import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { errorCodes } from '../../messages/errorTexts';
import { problemReasons } from '../../messages/problemMessages';
import { skipReasons } from '../../messages/skippedMessages';
import { errorSentence } from './errorSentence';
import { exitCodeOf } from './exitCodes';
import { problemSentence, skippedSentence } from './pathSentences';
import { styleFor } from './style';
import { UsageError } from './usageError';

describe('the exit code of an error', () => {
  it.each([
    [new PalmtreeError('stale_base', 'x'), 4],
    [new PalmtreeError('deletion_guard', 'x'), 5],
    [new PalmtreeError('cancelled', 'x'), 130],
    [new PalmtreeError('server_unreachable', 'x'), 1],
    [new PalmtreeError('invalid_url', 'x'), 2],
    [new UsageError('x'), 2],
    [new CommanderError(1, 'commander.unknownOption', 'x'), 2],
    [new CommanderError(0, 'commander.helpDisplayed', 'x'), 0],
    [new TypeError('x'), 1],
  ])('of %s is %d', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

/** Only VS Code has these. */
const editorCodes: readonly string[] = ['untrusted', 'not_saved', 'nothing_picked'];
/** Commands, views and settings of VS Code. */
const ofEditor =
  /Keep Mine|Take Theirs|Keep Both|\(Force\)|(File|Tree) History|Review Changes|palmtree\.\w|Restricted|window|open a folder/;
const isOfCommandLine = (code: string): boolean => !editorCodes.includes(code);

describe('the sentence for an error', () => {
  it('says how the command line cures it', () => {
    expect(errorSentence(new PalmtreeError('stale_base', 'x'))).toContain('"palmtree sync" pulls and pushes');
    expect(errorSentence(new PalmtreeError('not_connected', 'x'))).toContain('palmtree connect URL');
    expect(errorSentence(new UsageError('Name the files.'))).toBe('Name the files.');
    expect(errorSentence(new PalmtreeError('rsync_missing', 'x'))).toContain(
      'or run "palmtree config rsyncPath PATH".',
    );
    const outside = new PalmtreeError('not_in_folder', 'x', { details: { paths: ['../a'] } });
    expect(errorSentence(outside)).toBe('Outside the connected folder: "../a".');
    const marked = new PalmtreeError('conflict_markers', 'x', { details: { paths: ['n/a'] } });
    expect(errorSentence(marked)).toContain('"palmtree resolve --merge" accepts it; --abort restores your version');
  });

  it('names no command or setting of VS Code', () => {
    const sentences = errorCodes.filter(isOfCommandLine).map((code) => errorSentence(new PalmtreeError(code, 'x')));
    for (const sentence of sentences) expect(sentence).not.toMatch(ofEditor);
  });
});

describe('the sentence for a path', () => {
  it('names no command or setting of VS Code', () => {
    const skipped = skipReasons.map((reason) => skippedSentence({ path: 'n/a', reason }));
    const problems = problemReasons.map((reason) => problemSentence({ path: 'n/a', reason, with: 'x' }));
    for (const sentence of [...skipped, ...problems]) expect(sentence).not.toMatch(ofEditor);
  });

  it('says how the command line cures it', () => {
    expect(skippedSentence({ path: 'n/a', reason: 'missing' })).toContain(
      'n/a did not arrive intact. Try again, or run',
    );
    expect(skippedSentence({ path: 'n/a', reason: 'failed', errno: 'EPERM' })).toContain('Reason:');
    const problem = { path: 'n/.gitignore', reason: 'gitignore-not-a-file' } as const;
    expect(problemSentence(problem)).toContain('run "palmtree config respectGitignore false"');
  });
});

describe('colors', () => {
  it.each([
    ['on a terminal', true, {}, '\u001B[31mx\u001B[0m'],
    ['not in a pipe', false, {}, 'x'],
    ['not with NO_COLOR', true, { NO_COLOR: '1' }, 'x'],
    ['not on a dumb terminal', true, { TERM: 'dumb' }, 'x'],
  ])('are used %s', (_where, isTTY, environment, shown) => {
    expect(styleFor({ isTTY }, environment)('red', 'x')).toBe(shown);
  });
});

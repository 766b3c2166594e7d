import { afterEach, describe, expect, it } from 'vitest';
import { findOnPath } from '../../scripts/systemPackages.mts';
import { CommandLine } from './commandLine';
import { commandLineFixture } from './fixture';

/** util-linux's `script` opens a terminal; those of other systems take other options. */
const hasTerminal = process.platform === 'linux' && findOnPath('script') !== undefined;

let line: CommandLine | undefined;

afterEach(() => line?.remove());

describe.skipIf(!hasTerminal)('a question on a terminal', () => {
  it.each([
    ['no', 'n\r'],
    ['an empty line', '\r'],
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
  ])('cancels the command by %s, with one exit code and one sentence', async (_answer, typed) => {
    line = await CommandLine.open();
    const { code, stdout } = await line.onTerminal(['connect', 'http://box.example'], { prompt: '[y/N] ', typed });
    expect(stdout).toContain('Cancelled. Nothing was changed on either side.');
    expect(code).toBe(130);
  });

  it('for a token is cancelled by Ctrl-D, and shows nothing that is typed', async () => {
    line = await CommandLine.open();
    const answer = { prompt: 'Token for box.example', typed: 'secret\u0004' };
    const { code, stdout } = await line.onTerminal(['connect', 'https://box.example'], answer);
    expect(stdout).toContain('Cancelled.');
    expect(stdout).not.toContain('secret');
    expect(code).toBe(130);
  });

  it('for a token shows nothing that is typed after another question either', async () => {
    line = await CommandLine.open();
    const { code, stdout } = await line.onTerminal(
      ['connect', 'http://box.example'],
      { prompt: '[y/N] ', typed: 'y\r' },
      { prompt: 'Token for box.example', typed: 'secret\u0004' },
    );
    expect(stdout).toContain('Cancelled.');
    expect(stdout).not.toContain('secret');
    expect(code).toBe(130);
  });
});

describe.skipIf(!hasTerminal)('the content of a file', () => {
  const fixture = commandLineFixture();
  const hostile = 'a\tb\n\u001B]52;c;Y2FsYw==\u0007\u001B[2Jc\n';

  it('reaches a terminal without its escape sequences, and a pipe as it is', async () => {
    const [, laptop] = await fixture.synced({ 'n/a': hostile });
    const shown = await laptop.onTerminal(['show', '1:n/a']);
    expect(shown.stdout).toBe('a\tb\r\n�]52;c;Y2FsYw==��[2Jc\r\n');
    expect((await laptop.run(['show', '1:n/a'])).stdout).toBe(hostile);
    await laptop.write('n/a', `${hostile}d\te\u001B[2J\n`);
    expect((await laptop.onTerminal(['diff'])).stdout).not.toContain('\u001B[2J');
    const patch = `--- a/n/a\n+++ b/n/a\n@@ -1,2 +1,3 @@\n a\tb\n ${hostile.split('\n')[1]}\n+d\te\u001B[2J\n`;
    expect((await laptop.run(['diff'])).stdout).toBe(patch);
  });

  it('is printed on a terminal as it is only if told to, where it is binary', async () => {
    const [, laptop] = await fixture.synced({ 'n/a': '\0\u001B[2J' });
    const { code, stdout } = await laptop.onTerminal(['show', '1:n/a']);
    expect(code).toBe(0);
    expect(stdout).toContain('n/a is binary (5 bytes). --raw prints it');
    expect(stdout).not.toContain('\u001B[2J');
    expect((await laptop.onTerminal(['show', '--raw', '1:n/a'])).stdout).toContain('\0\u001B[2J');
    expect((await laptop.run(['show', '1:n/a'])).stdout).toBe('\0\u001B[2J');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { findOnPath } from '../../scripts/setup/systemPackages.mts';
import { CommandLine } from './commandLine';

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

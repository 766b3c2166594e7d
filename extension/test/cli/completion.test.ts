import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandLine } from './commandLine';

let line: CommandLine | undefined;

afterEach(() => line?.remove());

describe('palmtree completion', () => {
  it('completes commands and their options in bash', async () => {
    line = await CommandLine.open();
    const { stdout } = await line.run(['completion', 'bash']);
    const script = join(line.root, 'completion.bash');
    await writeFile(script, stdout);
    const complete = (...words: readonly string[]): string =>
      execFileSync('bash', [
        '-c',
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _palmtree; echo "${COMPREPLY[*]}"',
        'bash',
        script,
        ...words,
      ]).toString();
    expect(complete('palmtree', 'pu')).toBe('push pull\n');
    expect(complete('palmtree', 'push', '--fo')).toBe('--force\n');
    expect(complete('palmtree', 'add', '--j')).toBe('--json\n');
    expect(complete('palmtree', 'completion', 'z')).toBe('zsh\n');
  });
});

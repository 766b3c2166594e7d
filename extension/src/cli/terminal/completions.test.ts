import { expect, it } from 'vitest';
import { fishCompletion, powerShellCompletion, zshCompletion, type CompletedCommand } from './completions';

const commands: readonly CompletedCommand[] = [
  {
    names: ['track', 'add'],
    description: "track the user's files",
    options: [{ short: '-v', long: '--verbose', description: "show rsync's [own] lines" }],
    words: [],
  },
  { names: ['undo'], description: 'undo', options: [], words: ['push', 'pull'] },
];

it('completions of zsh quote descriptions, and offer paths where no word follows', () => {
  const script = zshCompletion(commands);
  expect(script).toContain(String.raw`'add:track the user'\''s files'`);
  expect(script).toContain(String.raw`track|add) _arguments '-v[show rsync'\''s own lines]' '--verbose[`);
  expect(script).toContain("'*:file:_files' ;;");
  expect(script).toContain("undo) _arguments '*:word:(push pull)' ;;");
});

it('completions of fish name the commands and their options', () => {
  const script = fishCompletion(commands);
  expect(script).toContain('complete -c palmtree -n __fish_use_subcommand -f -a add -d ');
  expect(script).toContain("-n '__fish_seen_subcommand_from track add' -s v -l verbose -d ");
  expect(script).toContain("-n '__fish_seen_subcommand_from undo' -f -a 'push pull'");
});

it('completions of PowerShell have the words of each command', () => {
  const script = powerShellCompletion(commands);
  expect(script).toContain("'add' = @('-v', '--verbose')");
  expect(script).toContain("'undo' = @('push', 'pull')");
});

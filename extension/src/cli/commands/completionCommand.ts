import { Argument, Command } from 'commander';
import { bashCompletion, fishCompletion, powerShellCompletion, zshCompletion } from '../terminal/completions';
import type { CompletedCommand } from '../terminal/completions';

const scripts = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  pwsh: powerShellCompletion,
} as const;

type Shell = keyof typeof scripts;

/** Prints the completions of `program` for a shell. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText('after', completionHelp)
    .action((shell: Shell) => {
      process.stdout.write(scripts[shell](completedCommands(program)));
    });
}

const completionHelp = `
  bash   source <(palmtree completion bash)                in ~/.bashrc
  zsh    source <(palmtree completion zsh)                 in ~/.zshrc, after compinit
  fish   palmtree completion fish > ~/.config/fish/completions/palmtree.fish
  pwsh   palmtree completion pwsh | Out-String | Invoke-Expression    in $PROFILE`;

function completedCommands(program: Command): CompletedCommand[] {
  return program.commands.map((command) => ({
    names: [command.name(), ...command.aliases()],
    description: command.description(),
    options: command.options.map(({ short, long, description }) => ({ short, long, description })),
    words: [
      ...command.commands.map((sub) => sub.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    ],
  }));
}

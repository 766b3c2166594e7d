import { Command, CommanderError } from 'commander';
import { version } from '../../../package.json';
import { completionCommand } from './commands/completionCommand';
import { configCommand } from './commands/configCommand';
import { conflictsCommand, resolveCommand } from './commands/conflictCommands';
import { connectCommand } from './commands/connectCommand';
import { diffCommand } from './commands/diffCommand';
import { doctorCommand } from './commands/doctorCommand';
import { logCommand, showCommand } from './commands/historyCommands';
import { ignoreCommand } from './commands/ignoreCommand';
import { restoreCommand } from './commands/restoreCommand';
import { statusCommand } from './commands/statusCommand';
import { trackCommand, untrackCommand } from './commands/trackCommands';
import { pullCommand, pushCommand, syncCommand } from './commands/transferCommands';
import { treesCommand } from './commands/treesCommand';
import { undoCommand } from './commands/undoCommand';
import { watchCommand } from './commands/watchCommand';
import { exitCodeOf } from './terminal/exitCodes';

// A reader that has closed its end of the pipe must not end the command with an error.
process.stdout.on('error', () => undefined);

const program = new Command('palmtree')
  .description('Palmtree keeps the files you choose in step with a server you own: track, push, pull.')
  .version(version)
  .addCommand(connectCommand())
  .addCommand(trackCommand())
  .addCommand(untrackCommand())
  .addCommand(ignoreCommand())
  .addCommand(statusCommand())
  .addCommand(diffCommand())
  .addCommand(pushCommand())
  .addCommand(pullCommand())
  .addCommand(syncCommand())
  .addCommand(watchCommand())
  .addCommand(conflictsCommand())
  .addCommand(resolveCommand())
  .addCommand(logCommand())
  .addCommand(showCommand())
  .addCommand(restoreCommand())
  .addCommand(undoCommand())
  .addCommand(treesCommand())
  .addCommand(configCommand())
  .addCommand(doctorCommand())
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage, 3 conflicts, 4 stale, 5 guard refused, 130 cancelled.',
  );
program.addCommand(completionCommand(program));

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already said what is wrong.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = exitCodeOf(error);
}

import { Command } from 'commander';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { LiveSync } from '../folder/liveSync';
import { withFolder } from '../folder/openFolder';
import { runSync } from '../folder/transfers';

export function watchCommand(): Command {
  const command = new Command('watch').description('sync, then push and pull each change as it happens, until Ctrl-C');
  return globalOptions(command)
    .addHelpText('after', watchHelp)
    .action(action((invocation) => watch(invocation)));
}

const watchHelp = `
After the first sync it asks nothing. It waits while files are in conflict, and does not push merged files before they are
changed again. Where the deletion guard would stop a push or a pull, it ends with exit code 5.`;

function watch(invocation: Invocation): Promise<void> {
  return withFolder(
    invocation,
    async (folder) => {
      await runSync(invocation, folder);
      await new LiveSync(invocation, folder).run();
    },
    { isLive: true },
  );
}

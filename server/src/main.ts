import './checkNodeVersion';
import { Command } from 'commander';
import { version } from '../../package.json';
import { backupCommand } from './cli/commands/backupCommand';
import { connectCommand } from './cli/commands/connectCommand';
import { duCommand } from './cli/commands/duCommand';
import { exportCommand } from './cli/commands/exportCommand';
import { gcCommand } from './cli/commands/gcCommand';
import { keyCommand } from './cli/commands/keyCommand';
import { pruneCommand } from './cli/commands/pruneCommand';
import { restoreCommand } from './cli/commands/restoreCommand';
import { serveCommand } from './cli/commands/serveCommand';
import { taskRunner } from './cli/taskOptions';
import { tokenCommand } from './cli/commands/tokenCommand';
import { treeCommand } from './cli/commands/treeCommand';
import { verifyCommand } from './cli/commands/verifyCommand';
import { OperatorError } from './errors';

process.umask(0o077);

// A reader that has closed its end of the pipe must not end the server.
process.stdout.on('error', () => undefined);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const run = taskRunner(version);

const program = new Command('palmtree-server')
  .description("Palmtree's sync server. It stores trees of files with all their revisions.")
  .version(version)
  .addCommand(serveCommand(version, print))
  .addCommand(connectCommand())
  .addCommand(tokenCommand(print))
  .addCommand(keyCommand(print))
  .addCommand(treeCommand(run, print))
  .addCommand(pruneCommand(run, print))
  .addCommand(gcCommand(run, print))
  .addCommand(duCommand(run, print))
  .addCommand(exportCommand(print))
  .addCommand(verifyCommand(print))
  .addCommand(backupCommand(version))
  .addCommand(restoreCommand(print));

try {
  await program.parseAsync();
} catch (error) {
  const text = error instanceof OperatorError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`palmtree-server: ${text}\n`);
  process.exit(1);
}

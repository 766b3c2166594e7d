import './leastNode';
import { Command } from 'commander';
import { version } from '../../package.json';
import { StartError } from './errors';
import { exportCommand } from './cli/exportCommand';
import { serveCommand } from './cli/serveCommand';
import { tokenCommand } from './cli/tokenCommand';

process.umask(0o077);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const program = new Command('palmtree-server')
  .description('The sync server of Palmtree: keeps trees of files, and every revision of them.')
  .version(version)
  .addCommand(serveCommand(version, print))
  .addCommand(tokenCommand(print))
  .addCommand(exportCommand(print));

try {
  await program.parseAsync();
} catch (error) {
  const told = error instanceof StartError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`palmtree-server: ${told}\n`);
  process.exit(1);
}

import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import { OperatorError } from '../../errors';
import { openServer } from '../../ssh/openServer';
import { serveClient } from '../../ssh/serveClient';
import { dataOption, prepareDataFolder, type DataOption } from '../dataFolder';
import { checkTokenName, tokenLimits } from '../tokenLimits';

interface ConnectOptions extends DataOption {
  readonly as: string;
  readonly tree?: string[];
  readonly readOnly?: boolean;
  readonly stay?: boolean;
}

export function connectCommand(): Command {
  return new Command('connect')
    .description(
      'serve one client over stdin and stdout, as the remote command of its ssh; starts the server if none runs',
    )
    .addOption(dataOption())
    .option('--as <name>', "the client's name in the history", `${userInfo().username}@${hostname()}`)
    .option('--tree <tree...>', 'limit the client to these trees')
    .option('--read-only', 'let the client change nothing')
    .option('--stay', 'keep a server that was started running when its last client has left')
    .action(async ({ as: name, stay, data, ...options }: ConnectOptions) => {
      refuseOtherCommand(process.env['SSH_ORIGINAL_COMMAND']);
      checkTokenName(name);
      const limits = tokenLimits(options);
      const dataFolder = prepareDataFolder(data);
      const { stdin: input, stdout: output } = process;
      if (input.isTTY) throw new OperatorError('This command talks to a client of Palmtree, not to a person.');
      const server = await openServer(dataFolder);
      await serveClient(server, { dataFolder, name, limits, stay: stay === true, input, output });
      process.exit(0);
    });
}

/** sshd runs the command of authorized_keys whatever the client asked for, which it names here. */
function refuseOtherCommand(asked: string | undefined): void {
  if (asked === undefined || /^palmtree-server connect( |$)/.test(asked)) return;
  throw new OperatorError('This key can only run "palmtree-server connect".');
}

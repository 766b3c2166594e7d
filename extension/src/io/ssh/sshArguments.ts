import { shellWord } from '../../core/shellWord';
import type { SshAddress } from '../api/sshAddress';

interface SshCommand {
  readonly address: SshAddress;
  /** The name of this machine in the history, for a server that gives the key no other. */
  readonly name: string;
  /** Whether ssh may ask the user. */
  readonly mayAsk: boolean;
}

/**
 * The arguments of ssh. All else is as the user has configured it: keys, agent, known hosts, jump hosts.
 * Invariant: nothing of an address becomes an option of ssh, or code of the shell there.
 */
export function sshArguments({ address, name, mayAsk }: SshCommand): string[] {
  const { user, host, port, folder } = address;
  const options = [
    `BatchMode=${mayAsk ? 'no' : 'yes'}`,
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
    'ConnectTimeout=15',
    // The configuration has these for the user's own sessions: the ports may be taken, and the command is another.
    'ClearAllForwardings=yes',
    'RemoteCommand=none',
    // A master would outlive this connection, and keep its output open.
    'ControlMaster=no',
  ];
  return [
    '-T',
    // No agent and no display is lent to the server.
    '-a',
    '-x',
    ...options.flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
    remoteCommand(folder, name),
  ];
}

function remoteCommand(folder: string | undefined, name: string): string {
  const data = folder === undefined ? '' : ` --data=${shellWord(folder)}`;
  return `palmtree-server connect${data} --as=${shellWord(tokenName(name))}`;
}

/** A name that a token can have. */
function tokenName(name: string): string {
  return name.replace(/\p{Cc}/gu, '').slice(0, 100) || 'ssh';
}

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanEnvironment } from '../../../scripts/setup/cleanEnvironment.mjs';
import { onStop, registerChild, stopGroup } from '../../../scripts/processes/liveChildren.mjs';
import { nodeBinary, serverBundle } from '../../../scripts/paths.mts';
import { runCommand, type CommandResult } from '../../../scripts/processes/runCommand.mts';
import { findSystemCommand } from '../../../scripts/setup/systemPackages.mts';
import { parseSshAddress } from '../../../src/io/api/sshAddress';
import { SshConnection, type SshOptions } from '../../../src/io/ssh/sshConnection';

/** The name under which the client knows the host, whichever port it uses. */
const hostKeyAlias = 'palmtree-test';

/** The reason why no sshd can run here; undefined where one can. */
export function sshdFault(): string | undefined {
  if (process.platform === 'win32') return 'Windows has no sshd that these tests can configure';
  if (findSystemCommand('ssh') === undefined) return 'sshd is not installed and could not be';
  return undefined;
}

/**
 * An sshd of this user's own, on a free port, with palmtree-server on its PATH, and an ssh that knows it. Its keys, its
 * home folder and the data folder of the server are in one temporary folder.
 */
export class SshServer {
  readonly folder: string;
  readonly home: string;
  readonly dataFolder: string;
  readonly port: number;
  readonly keyFile: string;
  /** The ssh command of a user whose configuration has the host `box`. */
  readonly command: string;
  private child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.home = join(folder, 'home');
    this.dataFolder = join(folder, 'data');
    this.keyFile = join(folder, 'key');
    this.command = join(folder, 'ssh');
  }

  static async start(): Promise<SshServer> {
    const server = new SshServer(await mkdtemp(join(tmpdir(), 'palmtree-sshd-')), await freePort());
    onStop(() => server.close());
    await mkdir(join(server.home, '.ssh'), { recursive: true, mode: 0o700 });
    await server.makeKey('host_key');
    await server.makeKey('key');
    await server.allowKey();
    await server.trustHostKey();
    await server.writeProgram('bin/palmtree-server', `exec '${nodeBinary}' '${serverBundle}' "$@"`);
    // Its own folder may be on the PATH.
    await server.writeProgram(
      'ssh',
      `PATH=/usr/local/bin:/usr/bin:/bin\nexec ssh -F '${join(server.folder, 'config')}' "$@"`,
    );
    await server.writeConfig(server.port);
    await server.listen();
    return server;
  }

  get authorizedKeys(): string {
    return join(this.home, '.ssh/authorized_keys');
  }

  /** A connection of a machine of this name. */
  connection(name: string, options: Partial<SshOptions> = {}): SshConnection {
    const address = parseSshAddress(`ssh://box${this.dataFolder}`);
    return new SshConnection(address, { name, command: this.command, ...options });
  }

  /** Lets the client connect to `port`, which may be that of a proxy. */
  async writeConfig(port: number, ...more: readonly string[]): Promise<void> {
    const lines = [
      ...more,
      'HostName 127.0.0.1',
      `Port ${port}`,
      `User ${userInfo().username}`,
      `IdentityFile ${this.keyFile}`,
      'IdentitiesOnly yes',
      'IdentityAgent none',
      `HostKeyAlias ${hostKeyAlias}`,
      `UserKnownHostsFile ${join(this.folder, 'known_hosts')}`,
      'GlobalKnownHostsFile /dev/null',
    ];
    await writeFile(join(this.folder, 'config'), `Host box\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }

  async allowKey(options = ''): Promise<void> {
    const key = await readFile(`${this.keyFile}.pub`, 'utf8');
    await writeFile(this.authorizedKeys, `${options}${options === '' ? '' : ' '}${key}`, {
      mode: 0o600,
    });
  }

  async trustHostKey(key?: string): Promise<void> {
    const publicKey = key ?? (await readFile(join(this.folder, 'host_key.pub'), 'utf8'));
    await writeFile(join(this.folder, 'known_hosts'), publicKey === '' ? '' : `${hostKeyAlias} ${publicKey}`);
  }

  async makeKey(name: string, passphrase = ''): Promise<string> {
    const file = join(this.folder, name);
    await rm(file, { force: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file]);
    return file;
  }

  /** Runs ssh with these arguments after the host. */
  ssh(options: readonly string[], ...command: readonly string[]): Promise<CommandResult> {
    return runCommand(this.command, [...options, '-o', 'BatchMode=yes', 'box', ...command], {
      env: cleanEnvironment(),
    });
  }

  /** Runs a command of palmtree-server as the user there. */
  palmtreeServer(args: readonly string[], input?: string): Promise<CommandResult> {
    const env = { ...cleanEnvironment(), HOME: this.home };
    const command = [
      '-c',
      `'${nodeBinary}' '${serverBundle}' "$@"${input === undefined ? '' : ` <<'END'\n${input}\nEND`}`,
    ];
    return runCommand('sh', [...command, 'sh', ...args, '--data', this.dataFolder], { env });
  }

  /** Whether a server runs on the data folder. */
  async isServing(): Promise<boolean> {
    return isListening(join(this.dataFolder, 'clients.sock'));
  }

  async writeProgram(name: string, line: string): Promise<void> {
    const file = join(this.folder, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${line}\n`);
    await chmod(file, 0o755);
  }

  async close(): Promise<void> {
    if (this.child !== undefined) await stopGroup(this.child);
    // A server that a client started ends when the last one has left.
    while (await this.isServing()) await delay(50);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async listen(): Promise<void> {
    const lines = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(this.folder, 'host_key')}`,
      `AuthorizedKeysFile ${this.authorizedKeys}`,
      `PidFile ${join(this.folder, 'sshd.pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'Subsystem sftp internal-sftp',
      'MaxStartups 100',
      `SetEnv "HOME=${this.home}" "PATH=${join(this.folder, 'bin')}:/usr/local/bin:/usr/bin:/bin"`,
    ];
    const file = join(this.folder, 'sshd_config');
    await writeFile(file, `${lines.join('\n')}\n`);
    // As root, sshd requires this folder.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    const sshd = findSystemCommand('ssh') ?? '';
    const options = { env: cleanEnvironment(), stdio: 'ignore', detached: true } as const;
    this.child = registerChild(spawn(sshd, ['-D', '-e', '-f', file], options));
    while (!(await isListening(this.port))) await delay(20);
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args);
  if (code !== 0) throw new Error(`${command} failed: ${output}`);
}

function isListening(at: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === 'number' ? connect(at, '127.0.0.1') : connect(at);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

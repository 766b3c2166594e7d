import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanEnvironment } from '../scripts/setup/cleanEnvironment.mjs';
import { registerChild, onStop, stopGroup } from '../scripts/processes/liveChildren.mjs';
import { runCommand } from '../scripts/processes/runCommand.mts';
import { findSystemCommand } from '../scripts/setup/systemPackages.mts';

/** An sshd on a port of this machine, with a key to log in. */
export interface Ssh {
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** Returns an ssh command with all options. `port` can be a proxy to the sshd. */
  command(port?: number): string;
  close(): Promise<void>;
}

export async function startSshd(folder: string, port: number): Promise<Ssh> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [hostKey, keyFile, configFile] = [join(folder, 'host_key'), join(folder, 'key'), join(folder, 'sshd_config')];
  for (const key of [hostKey, keyFile]) await runOrThrow('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${keyFile}.pub`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'Subsystem sftp internal-sftp',
    // The real home folder has start-up files, which can take half a second per connection, and unison's state of
    // earlier runs that were stopped.
    `SetEnv "HOME=${folder}" "UNISON=${join(folder, 'unison')}"`,
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`);
  // As root, sshd requires this folder.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = findSystemCommand('ssh');
  if (sshd === undefined) throw new Error('sshd is not installed.');
  const child = registerChild(
    spawn(sshd === 'sshd' ? '/usr/sbin/sshd' : sshd, ['-D', '-e', '-f', configFile], {
      env: cleanEnvironment(),
      stdio: 'ignore',
      detached: true,
    }),
  );
  const close = (): Promise<void> => stopGroup(child);
  onStop(close);
  await waitForPort(port);
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'IdentitiesOnly=yes'];
  const optionText = options.map((option) => `-o ${option}`).join(' ');
  const command = (to = port): string => `ssh -F none -p ${to} -i ${keyFile} ${optionText}`;
  return { port, user: userInfo().username, keyFile, command, close };
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isUp) return;
    await delay(50);
  }
  throw new Error(`sshd did not listen on port ${port}.`);
}

/** Returns the output of a command. Throws if its exit code is not 0. */
export async function runOrThrow(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const env = { ...cleanEnvironment(), ...options.env };
  const { code, output } = await runCommand(command, args, { ...options, env });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

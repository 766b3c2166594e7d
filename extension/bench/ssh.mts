import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanEnvironment } from '../scripts/cleanEnvironment.mjs';
import { keepChild, onStop, stopGroup } from '../scripts/liveChildren.mjs';
import { runCommand } from '../scripts/runCommand.mts';
import { findSystemCommand } from '../scripts/systemPackages.mts';

/** An sshd of our own on a port of this machine, and what reaches it. */
export interface Ssh {
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** The ssh command line, with all that it needs, to the port or through another that leads there. */
  command(port?: number): string;
  close(): Promise<void>;
}

export async function startSshd(folder: string, port: number): Promise<Ssh> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [hostKey, keyFile, configFile] = [join(folder, 'host_key'), join(folder, 'key'), join(folder, 'sshd_config')];
  for (const key of [hostKey, keyFile]) await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
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
    // A user's start-up files may take half a second of each connection, and unison would keep there, in the home
    // folder, what an earlier run was stopped with.
    `SetEnv "HOME=${folder}" "UNISON=${join(folder, 'unison')}"`,
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`);
  // sshd insists on this folder when it runs as root.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = findSystemCommand('ssh');
  if (sshd === undefined) throw new Error('sshd is not installed.');
  const child = keepChild(
    spawn(sshd === 'sshd' ? '/usr/sbin/sshd' : sshd, ['-D', '-e', '-f', configFile], {
      env: cleanEnvironment(),
      stdio: 'ignore',
      detached: true,
    }),
  );
  const close = (): Promise<void> => stopGroup(child);
  onStop(close);
  await listening(port);
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'IdentitiesOnly=yes'];
  const given = options.map((option) => `-o ${option}`).join(' ');
  const command = (to = port): string => `ssh -F none -p ${to} -i ${keyFile} ${given}`;
  return { port, user: userInfo().username, keyFile, command, close };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
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

/** Runs a command, and throws with what it printed when it fails. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const env = { ...cleanEnvironment(), ...options.env };
  const { code, output } = await runCommand(command, args, { ...options, env });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

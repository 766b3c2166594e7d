import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PalmtreeError } from '../../errors';

/** `--info` was added in 3.1.0 (rsync's NEWS). */
const minVersion = [3, 1] as const;
const run = promisify(execFile);

/**
 * Returns the version of the rsync at `command`, such as "3.5.0".
 * Throws rsync_missing or rsync_unusable; `details.subject` is the command that installs a usable one.
 */
export async function probeRsync(command: string): Promise<string> {
  let output: string;
  try {
    output = (await run(command, ['--version'], { timeout: 10_000 })).stdout;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw await failure(isMissing ? 'rsync_missing' : 'rsync_unusable', command, String(error));
  }
  if (output.includes('openrsync')) throw await failure('rsync_unusable', command, 'it is openrsync');
  const match = /^rsync\s+version\s+v?((\d+)\.(\d+)\S*)/.exec(output);
  if (match === null) throw await failure('rsync_unusable', command, 'its version cannot be read');
  const [major, minor] = [Number(match[2]), Number(match[3])];
  if (major < minVersion[0] || (major === minVersion[0] && minor < minVersion[1])) {
    throw await failure('rsync_unusable', command, `it is version ${match[1]}`);
  }
  return match[1] ?? '';
}

async function failure(
  code: 'rsync_missing' | 'rsync_unusable',
  command: string,
  reason: string,
): Promise<PalmtreeError> {
  const details = { subject: await installCommand(), stderr: reason };
  return new PalmtreeError(code, `${command}: ${reason}`, { details });
}

const installByDistribution: Readonly<Record<string, string>> = {
  debian: 'sudo apt-get install rsync',
  ubuntu: 'sudo apt-get install rsync',
  fedora: 'sudo dnf install rsync',
  rhel: 'sudo dnf install rsync',
  arch: 'sudo pacman -S rsync',
  alpine: 'apk add rsync',
  suse: 'sudo zypper install rsync',
  opensuse: 'sudo zypper install rsync',
  nixos: 'nix profile install nixpkgs#rsync',
};

/** Returns the command that installs rsync on this system. */
export async function installCommand(): Promise<string> {
  if (process.platform === 'darwin') return 'brew install rsync';
  if (process.platform === 'win32') return 'pacman -S rsync (in MSYS2; then set palmtree.rsyncPath)';
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const ids = /^ID=(.*)$/m.exec(release)?.[1] + ' ' + (/^ID_LIKE=(.*)$/m.exec(release)?.[1] ?? '');
  for (const id of ids.replaceAll('"', '').split(/\s+/)) {
    const command = installByDistribution[id];
    if (command !== undefined) return command;
  }
  return "your system's package manager: install the package rsync";
}

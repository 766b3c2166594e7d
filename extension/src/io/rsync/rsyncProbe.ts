import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PalmtreeError, type TriedRsync } from '../../errors';

/** `--info` was added in 3.1.0 (rsync's NEWS). */
const minVersion = [3, 1] as const;
const run = promisify(execFile);

/**
 * Returns the version of the rsync at `command`, such as "3.5.0".
 * Throws rsync_missing or rsync_unusable.
 */
export async function probeRsync(command: string): Promise<string> {
  let output: string;
  try {
    output = (await run(command, ['--version'], { timeout: 10_000 })).stdout;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw await rsyncFault(command, isMissing ? 'missing' : 'failed', error as Error);
  }
  if (output.includes('openrsync')) throw await rsyncFault(command, 'openrsync');
  const match = /^rsync\s+version\s+v?((\d+)\.(\d+)\S*)/.exec(output);
  if (match === null) throw await rsyncFault(command, 'unknown-version');
  const [major, minor] = [Number(match[2]), Number(match[3])];
  if (major < minVersion[0] || (major === minVersion[0] && minor < minVersion[1])) {
    throw await rsyncFault(command, 'too-old', undefined, match[1]);
  }
  return match[1] ?? '';
}

/** Builds the error for an rsync that is missing or cannot be used, with the command that installs one. */
export async function rsyncFault(
  command: string,
  fault: TriedRsync['fault'],
  cause?: Error,
  version?: string,
): Promise<PalmtreeError> {
  const code = fault === 'missing' ? 'rsync_missing' : 'rsync_unusable';
  const tried = { command, fault, install: await installCommand(), ...(version === undefined ? {} : { version }) };
  const message = `${command}: ${cause?.message ?? version ?? fault}`;
  return new PalmtreeError(code, message, { details: { rsync: tried }, cause });
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

/** Returns the shell command that installs rsync on this system (on Windows, in MSYS2), if it is known. */
async function installCommand(): Promise<string | undefined> {
  if (process.platform === 'darwin') return 'brew install rsync';
  if (process.platform === 'win32') return 'pacman -S rsync';
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const ids = /^ID=(.*)$/m.exec(release)?.[1] + ' ' + (/^ID_LIKE=(.*)$/m.exec(release)?.[1] ?? '');
  for (const id of ids.replaceAll('"', '').split(/\s+/)) {
    const command = installByDistribution[id];
    if (command !== undefined) return command;
  }
  return undefined;
}

import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cleanEnvironment } from './cleanEnvironment.mjs';
import { fileLock } from '../processes/fileLock.mts';
import { cacheFolder, logs } from '../paths.mts';
import { runCommand } from '../processes/runCommand.mts';
import { step } from '../step.mjs';
import { UserError } from '../userError.mjs';

interface Requirement {
  readonly commands: readonly string[];
  readonly apt: string;
  readonly brew: string;
}

const requirements = {
  rsync: { commands: ['rsync'], apt: 'rsync', brew: 'rsync' },
  chromium: { commands: ['chromium', 'chromium-browser', 'google-chrome'], apt: 'chromium', brew: 'chromium' },
  make: { commands: ['make'], apt: 'make', brew: 'make' },
  'g++': { commands: ['g++', 'clang++'], apt: 'g++', brew: 'gcc' },
  python3: { commands: ['python3'], apt: 'python3', brew: 'python3' },
  ssh: { commands: ['sshd', '/usr/sbin/sshd'], apt: 'openssh-server', brew: 'openssh' },
  git: { commands: ['git'], apt: 'git', brew: 'git' },
  unison: { commands: ['unison'], apt: 'unison', brew: 'unison' },
  rclone: { commands: ['rclone'], apt: 'rclone', brew: 'rclone' },
  restic: { commands: ['restic'], apt: 'restic', brew: 'restic' },
} satisfies Record<string, Requirement>;

export type SystemPackage = keyof typeof requirements;

/** Older versions have known vulnerabilities on the receiving side, and the server refuses them. */
const minimumRsync: readonly number[] = [3, 4, 3];

/**
 * Installs missing packages with apt-get or Homebrew.
 * Throws UserError if that fails or is not permitted, with one line that names the packages and how to get them.
 */
export async function ensureSystemPackages(names: readonly SystemPackage[]): Promise<void> {
  if ((await unusable(names)).length === 0) return;
  await mkdir(cacheFolder(), { recursive: true });
  // The package managers refuse to work twice at once, and workers of the tests may need the same package.
  const lock = await fileLock(join(cacheFolder(), 'system-packages.lock'));
  try {
    await installMissing(await unusable(names));
  } finally {
    await lock.release();
  }
}

async function installMissing(missing: readonly SystemPackage[]): Promise<void> {
  if (missing.length === 0) return;
  await step(`Installing ${missing.join(', ')}`, () => install(missing));
  const stillMissing = await unusable(missing);
  if (stillMissing.length > 0)
    throw new UserError(`${needs(stillMissing)}, but the package manager has no version that is new enough.`);
}

/** Returns the path of the first command of a package that is on the PATH. */
export function findSystemCommand(name: SystemPackage): string | undefined {
  for (const command of requirements[name].commands) {
    const found = findOnPath(command);
    if (found) return found;
  }
  return undefined;
}

export function findOnPath(command: string): string | undefined {
  const suffixes = process.platform === 'win32' ? ['.cmd', '.exe', ''] : [''];
  for (const folder of command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const path = folder ? join(folder, command + suffix) : command;
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function unusable(names: readonly SystemPackage[]): Promise<SystemPackage[]> {
  const found: SystemPackage[] = [];
  for (const name of names) if (!(await isUsable(name))) found.push(name);
  return found;
}

async function isUsable(name: SystemPackage): Promise<boolean> {
  const found = findSystemCommand(name);
  if (!found) return false;
  if (name !== 'rsync') return true;
  const { output } = await runCommand(found, ['--version']);
  return isRsyncNewEnough(output);
}

export function isRsyncNewEnough(versionText: string): boolean {
  const version = /rsync\s+version v?(\d+)\.(\d+)\.(\d+)/.exec(versionText)?.slice(1).map(Number);
  if (!version || versionText.includes('openrsync')) return false;
  for (const [index, minimum] of minimumRsync.entries()) {
    const part = version[index] ?? 0;
    if (part !== minimum) return part > minimum;
  }
  return true;
}

async function install(missing: readonly SystemPackage[]): Promise<void> {
  const log = join(logs, 'system-packages.log');
  if (findOnPath('apt-get')) return installByApt(missing, log);
  if (findOnPath('brew')) {
    const { code } = await runCommand(
      'brew',
      ['install', '--quiet', ...missing.map((name) => requirements[name].brew)],
      { log },
    );
    if (code === 0) return;
    throw new UserError(`brew could not install ${missing.join(', ')}.`, { log });
  }
  throw new UserError(`${needs(missing)}: install ${missing.length > 1 ? 'them' : 'it'}, then run this command again.`);
}

/** In seconds: a machine that has just started may be installing updates by itself. */
const waitForLock = ['-o', 'DPkg::Lock::Timeout=300'];

async function installByApt(missing: readonly SystemPackage[], log: string): Promise<void> {
  const names = missing.map((name) => requirements[name].apt);
  const prefix = await rootPrefix();
  if (!prefix) {
    throw new UserError(
      `${needs(missing)}: run "sudo apt-get install ${names.join(' ')}", then run this command again.`,
    );
  }
  const apt = async (...args: string[]): Promise<number> => {
    const [command = '', ...rest] = [...prefix, 'apt-get', '-q', '-y', ...waitForLock, ...args];
    const env = { ...cleanEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
    return (await runCommand(command, rest, { env, log })).code;
  };
  const tryInstall = async (): Promise<boolean> =>
    (await apt('install', '--no-install-recommends', ...names)) === 0 && (await unusable(missing)).length === 0;
  if (await tryInstall()) return;
  await apt('update');
  if (await tryInstall()) return;
  throw new UserError(
    `${needs(missing)}, but apt-get could not install ${names.join(' ')}: install it yourself, then run this command again.`,
    { log },
  );
}

/** Returns the command that runs another as root without a password prompt, or undefined if root is out of reach. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const { code } = await runCommand('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive'] : undefined;
}

function needs(missing: readonly SystemPackage[]): string {
  const names = missing.map((name) => (name === 'rsync' ? `rsync ${minimumRsync.join('.')} or newer` : name));
  return `Palmtree needs ${new Intl.ListFormat('en').format(names)}`;
}

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cleanEnvironment } from './cleanEnvironment.mjs';
import { logs } from './paths.mts';
import { runCommand } from './runCommand.mts';
import { step } from './step.mjs';
import { UserError } from './userError.mjs';

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
} satisfies Record<string, Requirement>;

export type SystemPackage = keyof typeof requirements;

/** Older ones have known holes on the receiving side, and the server refuses them. */
const leastRsync: readonly number[] = [3, 4, 3];

/** Installs what is missing by the system's own package manager, or says in one line what to install. */
export async function ensureSystemPackages(wanted: readonly SystemPackage[]): Promise<void> {
  const missing: SystemPackage[] = [];
  for (const name of wanted) if (!(await isUsable(name))) missing.push(name);
  if (missing.length === 0) return;
  await step(`Installing ${missing.join(', ')}`, () => install(missing));
  for (const name of missing) {
    if (!(await isUsable(name)))
      throw new UserError(`${whatToInstall([name])}: what the package manager has is missing or too old.`);
  }
}

/** The path of the first of a package's commands that is there. */
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
  for (const [index, least] of leastRsync.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part > least;
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
  throw new UserError(`${whatToInstall(missing)}, and run the command again.`);
}

async function installByApt(missing: readonly SystemPackage[], log: string): Promise<void> {
  const prefix = await asRoot();
  if (!prefix) {
    const names = missing.map((name) => requirements[name].apt).join(' ');
    throw new UserError(
      `Run "sudo apt-get install ${names}" and then this command again: we may not install packages here.`,
    );
  }
  const apt = async (...args: string[]): Promise<number> => {
    const [command = '', ...rest] = [...prefix, 'apt-get', '-q', '-y', ...args];
    const env = { ...cleanEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
    return (await runCommand(command, rest, { env, log })).code;
  };
  const names = missing.map((name) => requirements[name].apt);
  const installed = async (): Promise<boolean> =>
    (await apt('install', '--no-install-recommends', ...names)) === 0 && (await allUsable(missing));
  if (await installed()) return;
  await apt('update');
  if (await installed()) return;
  throw new UserError(`apt-get could not install ${names.join(' ')}: install it yourself and run the command again.`, {
    log,
  });
}

async function allUsable(names: readonly SystemPackage[]): Promise<boolean> {
  for (const name of names) if (!(await isUsable(name))) return false;
  return true;
}

async function asRoot(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const { code } = await runCommand('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive'] : undefined;
}

function whatToInstall(names: readonly SystemPackage[]): string {
  return names.includes('rsync')
    ? `Install ${names.join(', ')} (rsync ${leastRsync.join('.')} or newer)`
    : `Install ${names.join(', ')}`;
}

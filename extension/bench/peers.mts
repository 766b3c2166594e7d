import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from './measure.mts';
import { timed } from './measure.mts';
import { runOrThrow } from './ssh.mts';
import type { Testbed } from './testbed.mts';

/** Copies a whole folder with `rsync -a` over ssh. */
export async function rsync(testbed: Testbed, from: string, to: string, port?: number): Promise<Figures> {
  const args = ['-a', '--delete', '--exclude=.git', '--stats', '-e', testbed.ssh.command(port), `${from}/`, `${to}/`];
  let output = '';
  const { ms } = await timed(async () => (output = await runOrThrow('rsync', args)));
  return { ms, wireBytes: statistic(output, 'sent') };
}

function statistic(output: string, direction: 'sent' | 'received'): number {
  const figure = new RegExp(`Total bytes ${direction}: ([\\d,]+)`).exec(output)?.[1] ?? '0';
  return Number(figure.replaceAll(',', ''));
}

const gitSettings = ['user.name=bench', 'user.email=bench@localhost', 'gc.auto=0', 'maintenance.auto=false'];
const gitOptions = gitSettings.flatMap((setting) => ['-c', setting]);

/** A git repository whose remote is a bare repository over ssh. */
export class Git {
  readonly #testbed: Testbed;
  readonly #folder: string;

  constructor(testbed: Testbed, folder: string) {
    this.#testbed = testbed;
    this.#folder = folder;
  }

  static async init(testbed: Testbed, folder: string, bare: string): Promise<Git> {
    await runOrThrow('git', ['init', '-q', '--bare', '-b', 'main', bare]);
    const git = new Git(testbed, folder);
    await git.run('init', '-q', '-b', 'main');
    await git.run('remote', 'add', 'origin', git.#url(bare));
    // Not measured, so as fast as possible: no compression, and one pack instead of a file per object.
    const fastOptions = ['-c', 'core.compression=0', '-c', 'pack.window=0', '-c', 'core.bigFileThreshold=1'];
    await git.run(...fastOptions, 'add', '-A');
    await git.run('commit', '-q', '-m', 'first');
    await git.run(...fastOptions, 'push', '-q', '-u', 'origin', 'main');
    return git;
  }

  async clone(bare: string, folder: string): Promise<Git> {
    const git = new Git(this.#testbed, folder);
    await mkdir(folder, { recursive: true });
    await git.run('clone', '-q', this.#url(bare), '.');
    return git;
  }

  run(...args: readonly string[]): Promise<string> {
    const env = { GIT_SSH_COMMAND: this.#testbed.ssh.command(), GIT_CONFIG_GLOBAL: '/dev/null' };
    return runOrThrow('git', [...gitOptions, ...args], { cwd: this.#folder, env });
  }

  async addCommitPush(message: string): Promise<void> {
    await this.run('add', '-A');
    await this.run('commit', '-q', '--allow-empty', '-m', message);
    await this.run('push', '-q');
  }

  #url(bare: string): string {
    const { user, port } = this.#testbed.ssh;
    return `ssh://${user}@127.0.0.1:${port}${bare}`;
  }
}

/** Synchronises a folder with another one over ssh. */
export async function unison(testbed: Testbed, folder: string, other: string): Promise<void> {
  const { ssh } = testbed;
  const [, ...sshArgs] = ssh.command().split(' ');
  const remote = `ssh://${ssh.user}@127.0.0.1:${ssh.port}/${other}`;
  // The address contains the port already.
  const sshOptions = sshArgs.join(' ').replace(`-p ${ssh.port} `, '');
  const options = ['-batch', '-auto', '-silent', '-confirmbigdel=false', '-prefer', 'newer', '-times'];
  const ignored = ['-ignore', 'Name .git'];
  await runOrThrow('unison', [folder, remote, ...options, ...ignored, '-sshargs', sshOptions], {
    env: { UNISON: testbed.path('unison') },
  });
}

/**
 * Copies changed files to a folder over sftp, without rclone's hash check, which starts a remote shell for each file.
 */
export async function rclone(testbed: Testbed, from: string, to: string, port?: number): Promise<void> {
  const { user, keyFile } = testbed.ssh;
  const destination = `:sftp,host=127.0.0.1,port=${port ?? testbed.ssh.port},user=${user},key_file=${keyFile},disable_hashcheck=true:${to}`;
  await runOrThrow('rclone', ['copy', '-q', '--config', '/dev/null', '--exclude', '.git/**', from, destination]);
}

/** A git repository without a remote. */
export class LocalGit {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async init(folder: string): Promise<LocalGit> {
    const git = new LocalGit(folder);
    await git.#run('init', '-q');
    return git;
  }

  async store(): Promise<void> {
    await this.#run('add', '-A');
    await this.#run('commit', '-q', '-m', 'edit');
  }

  async compact(): Promise<void> {
    await this.#run('gc', '-q');
  }

  bytes(): Promise<number> {
    return diskBytes(join(this.#folder, '.git'));
  }

  async #run(...args: readonly string[]): Promise<void> {
    await runOrThrow('git', [...gitOptions, ...args], { cwd: this.#folder, env: { GIT_CONFIG_GLOBAL: '/dev/null' } });
  }
}

/** Snapshots of a folder in a local repository. */
export class Restic {
  readonly #folder: string;
  readonly #repository: string;

  private constructor(folder: string, repository: string) {
    this.#folder = folder;
    this.#repository = repository;
  }

  static async init(folder: string, repository: string): Promise<Restic> {
    const restic = new Restic(folder, repository);
    await restic.#run('init');
    return restic;
  }

  async store(): Promise<void> {
    await this.#run('backup', '.');
  }

  async compact(): Promise<void> {
    await this.#run('prune');
  }

  bytes(): Promise<number> {
    return diskBytes(this.#repository);
  }

  async #run(...args: readonly string[]): Promise<void> {
    const env = { RESTIC_PASSWORD: 'bench', RESTIC_REPOSITORY: this.#repository };
    await runOrThrow('restic', ['--quiet', '--no-cache', ...args], { cwd: this.#folder, env });
  }
}

/** All blocks of the files in a folder, in bytes. */
export async function diskBytes(folder: string): Promise<number> {
  const output = await runOrThrow('du', ['-s', '-k', folder]);
  return Number.parseInt(output, 10) * 1024;
}

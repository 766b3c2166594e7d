import { mkdir } from 'node:fs/promises';
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
    const settings = ['user.name=bench', 'user.email=bench@localhost', 'gc.auto=0', 'maintenance.auto=false'];
    const options = settings.flatMap((setting) => ['-c', setting]);
    const env = { GIT_SSH_COMMAND: this.#testbed.ssh.command(), GIT_CONFIG_GLOBAL: '/dev/null' };
    return runOrThrow('git', [...options, ...args], { cwd: this.#folder, env });
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

import { mkdir } from 'node:fs/promises';
import type { Figures } from './measure.mts';
import { timed } from './measure.mts';
import { mustRun } from './ssh.mts';
import type { Stage } from './stage.mts';

/** `rsync -a` of a whole folder over ssh. */
export async function rsync(stage: Stage, from: string, to: string, port?: number): Promise<Figures> {
  const args = ['-a', '--delete', '--exclude=.git', '--stats', '-e', stage.ssh.command(port), `${from}/`, `${to}/`];
  let output = '';
  const { ms } = await timed(async () => (output = await mustRun('rsync', args)));
  return { ms, wireBytes: statistic(output, 'sent') };
}

function statistic(output: string, direction: 'sent' | 'received'): number {
  const figure = new RegExp(`Total bytes ${direction}: ([\\d,]+)`).exec(output)?.[1] ?? '0';
  return Number(figure.replaceAll(',', ''));
}

/** A git repository in a folder, with a bare one behind ssh. */
export class Git {
  readonly #stage: Stage;
  readonly #folder: string;

  constructor(stage: Stage, folder: string) {
    this.#stage = stage;
    this.#folder = folder;
  }

  static async init(stage: Stage, folder: string, bare: string): Promise<Git> {
    await mustRun('git', ['init', '-q', '--bare', '-b', 'main', bare]);
    const git = new Git(stage, folder);
    await git.run('init', '-q', '-b', 'main');
    await git.run('remote', 'add', 'origin', git.#url(bare));
    // Not measured: as fast as it goes, and into one pack rather than a file for each.
    const fast = ['-c', 'core.compression=0', '-c', 'pack.window=0', '-c', 'core.bigFileThreshold=1'];
    await git.run(...fast, 'add', '-A');
    await git.run('commit', '-q', '-m', 'first');
    await git.run(...fast, 'push', '-q', '-u', 'origin', 'main');
    return git;
  }

  async clone(bare: string, folder: string): Promise<Git> {
    const git = new Git(this.#stage, folder);
    await mkdir(folder, { recursive: true });
    await git.run('clone', '-q', this.#url(bare), '.');
    return git;
  }

  run(...args: readonly string[]): Promise<string> {
    const settings = ['user.name=bench', 'user.email=bench@localhost', 'gc.auto=0', 'maintenance.auto=false'];
    const given = settings.flatMap((setting) => ['-c', setting]);
    const env = { GIT_SSH_COMMAND: this.#stage.ssh.command(), GIT_CONFIG_GLOBAL: '/dev/null' };
    return mustRun('git', [...given, ...args], { cwd: this.#folder, env });
  }

  /** add, commit and push, as one piece of work. */
  async send(message: string): Promise<void> {
    await this.run('add', '-A');
    await this.run('commit', '-q', '--allow-empty', '-m', message);
    await this.run('push', '-q');
  }

  #url(bare: string): string {
    const { user, port } = this.#stage.ssh;
    return `ssh://${user}@127.0.0.1:${port}${bare}`;
  }
}

/** unison between a folder and another behind ssh. */
export async function unison(stage: Stage, folder: string, other: string): Promise<void> {
  const { ssh } = stage;
  const [, ...sshArgs] = ssh.command().split(' ');
  const remote = `ssh://${ssh.user}@127.0.0.1:${ssh.port}/${other}`;
  // The port stands in the address; the rest of the options are the same as for all.
  const given = sshArgs.join(' ').replace(`-p ${ssh.port} `, '');
  const options = ['-batch', '-auto', '-silent', '-confirmbigdel=false', '-prefer', 'newer', '-times'];
  const ignored = ['-ignore', 'Name .git'];
  await mustRun('unison', [folder, remote, ...options, ...ignored, '-sshargs', given], {
    env: { UNISON: stage.path('unison') },
  });
}

/** rclone copies what differs to a folder behind sftp; without its own check, which starts a shell there for each file. */
export async function rclone(stage: Stage, from: string, to: string, port?: number): Promise<void> {
  const { user, keyFile } = stage.ssh;
  const place = `:sftp,host=127.0.0.1,port=${port ?? stage.ssh.port},user=${user},key_file=${keyFile},disable_hashcheck=true:${to}`;
  await mustRun('rclone', ['copy', '-q', '--config', '/dev/null', '--exclude', '.git/**', from, place]);
}

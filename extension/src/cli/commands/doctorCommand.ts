import { access, constants } from 'node:fs/promises';
import { Command } from 'commander';
import { version } from '../../../../package.json';
import { protocol } from '../../../../server/src/contract/protocol';
import { parseServerUrl } from '../../io/api/serverAddress';
import { createFolder } from '../../io/fs/folders';
import { probeRsync } from '../../io/rsync/rsyncProbe';
import { fileCount } from '../../messages/format';
import { plainLine } from '../../messages/plainText';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { errorSentence } from '../terminal/errorSentence';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';

export function doctorCommand(): Command {
  const command = new Command('doctor').description('check this machine, the server and the folder');
  return globalOptions(command).action(action((invocation) => doctor(invocation)));
}

/** Runs each check, although an earlier one fails. */
async function doctor(invocation: Invocation): Promise<ExitCode> {
  const { state } = invocation;
  const checks = new Checks(invocation);
  await checks.run('palmtree', () =>
    Promise.resolve(`${version} on Node ${process.versions.node}, protocol ${protocol}`),
  );
  await checks.run('state', async () => {
    await createFolder(state, 0o700);
    await access(state, constants.W_OK);
    return `${state} can be written`;
  });
  await checks.run('folder', () =>
    withFolder(
      invocation,
      async (folder) => {
        await checkFolder(invocation, folder, checks);
        return folder.root;
      },
      { isServerOptional: true },
    ),
  );
  return checks.haveFailed ? exitCodes.failed : exitCodes.done;
}

async function checkFolder(
  { credentials, clients, signal }: Invocation,
  folder: OpenFolder,
  checks: Checks,
): Promise<void> {
  const { sync, reporter, config } = folder;
  await checks.run('rsync', async () => `${config.rsyncPath} ${await probeRsync(config.rsyncPath)}`);
  const { binding } = sync.state;
  if (binding === undefined) return;
  const { server, tree } = binding;
  const token = await credentials.token(parseServerUrl(server));
  const client = clients.open(server, token ?? '');
  const isReached = await checks.run('server', async () => {
    const begun = performance.now();
    const { name, server: about } = await client.whoami(signal);
    return `${server}, version ${about.version}, as ${name}, in ${Math.round(performance.now() - begun)} ms`;
  });
  if (isReached) {
    await checks.run('tree', async () => `"${tree}" at revision ${(await client.head(tree, signal))?.number ?? 0}`);
    await checks.run('scan', async () => {
      await sync.rescan(reporter);
      const { tracked, problems, conflicts } = sync.state.counts;
      return `${fileCount(tracked)} tracked, ${problems} with a problem, ${conflicts} in conflict`;
    });
  }
}

class Checks {
  readonly #out: Invocation['out'];
  haveFailed = false;

  constructor({ out }: Invocation) {
    this.#out = out;
  }

  async run(check: string, work: () => Promise<string>): Promise<boolean> {
    try {
      this.#show(check, true, await work());
      return true;
    } catch (error) {
      this.haveFailed = true;
      this.#show(check, false, errorSentence(error));
      return false;
    }
  }

  #show(check: string, ok: boolean, text: string): void {
    const sign = ok ? this.#out.style('green', '✓') : this.#out.style('red', '✗');
    this.#out.result('check', { check, ok, text }, `${sign} ${check.padEnd(8)} ${plainLine(text)}`);
  }
}

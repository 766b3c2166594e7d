import { access, constants } from 'node:fs/promises';
import { Command } from 'commander';
import { version } from '../../../../package.json';
import { protocol } from '../../../../server/src/contract/protocol';
import { isPalmtreeError } from '../../errors';
import { parseServerUrl } from '../../io/api/serverAddress';
import { createFolder } from '../../io/fs/folders';
import { findingMessage } from '../../messages/checkMessages';
import { plainLine } from '../../messages/plainText';
import { checkFolder } from '../../sync/folder/folderChecks';
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
        await showChecks(invocation, folder, checks);
        return folder.root;
      },
      { isServerOptional: true },
    ),
  );
  return checks.haveFailed ? exitCodes.failed : exitCodes.done;
}

async function showChecks(invocation: Invocation, folder: OpenFolder, checks: Checks): Promise<void> {
  const { credentials, clients } = invocation;
  const { sync, reporter, config } = folder;
  const { binding } = sync.state;
  const token = binding && (await credentials.token(parseServerUrl(binding.server)));
  const client = binding && clients.open(binding.server, token ?? '');
  const { rsyncPath } = config;
  const transport = invocation.transport ?? config.transport;
  for await (const { check, outcome } of checkFolder({ sync, reporter, rsyncPath, transport, client })) {
    if ('finding' in outcome) checks.show(check, true, findingMessage(outcome.finding));
    else checks.show(check, false, errorSentence(outcome.error));
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
      this.show(check, true, await work());
      return true;
    } catch (error) {
      if (isPalmtreeError(error, 'cancelled')) throw error;
      this.show(check, false, errorSentence(error));
      return false;
    }
  }

  show(check: string, ok: boolean, text: string): void {
    if (!ok) this.haveFailed = true;
    const sign = ok ? this.#out.style('green', '✓') : this.#out.style('red', '✗');
    this.#out.result('check', { check, ok, text }, `${sign} ${check.padEnd(8)} ${plainLine(text)}`);
  }
}

import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Transport } from '../../io/transfer/transferRequest';
import { Credentials } from '../state/credentials';
import { stateFolder } from '../state/stateFolder';
import { exitCodeOf, exitCodes, type ExitCode } from '../terminal/exitCodes';
import { Output } from '../terminal/output';
import type { Agreement } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';
import { ServerClients } from './serverClients';

/** The options of every command. */
interface GlobalOptions {
  readonly directory?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly yes?: boolean;
  readonly transport?: Transport;
}

/** One call of a command: what it was given, and where its output goes. */
export interface Invocation extends Agreement {
  readonly out: Output;
  /** The real path of the folder that relative paths start from. */
  readonly cwd: string;
  /** The folder of everything that palmtree keeps on this machine. */
  readonly state: string;
  readonly credentials: Credentials;
  readonly clients: ServerClients;
  /** The carrier of this call; undefined for that of the folder's settings. */
  readonly transport: Transport | undefined;
}

type Work<Args extends readonly unknown[]> = (
  invocation: Invocation,
  ...args: Args
) => Promise<ExitCode | undefined> | Promise<void>;

/** Adds the options of every command. */
export function globalOptions(command: Command): Command {
  return command
    .option('-C, --directory <folder>', 'run as if started in this folder')
    .addOption(
      new Option('--transport <carrier>', 'how files travel')
        .choices(['auto', 'rsync', 'http'])
        .env('PALMTREE_TRANSPORT'),
    )
    .option('--json', 'print one JSON event a line')
    .option('-v, --verbose', "show rsync's own lines, and the cause of an error");
}

/** Adds `--yes`. */
export function yesOption(command: Command, description: string): Command {
  return command.option('-y, --yes', description);
}

/**
 * Returns the action of a command. It shows the errors of `work` and sets the exit code. The first SIGINT or SIGTERM cancels
 * the work, as Cancel does in VS Code; the second one ends the process at once.
 */
export function action<Args extends readonly unknown[]>(work: Work<Args>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const { directory = '.', json = false, verbose = false, yes = false, transport } = options;
    const out = new Output({ json, verbose });
    const clients = new ServerClients(out);
    const cancel = new AbortController();
    const onSignal = (): void => {
      if (cancel.signal.aborted) process.exit(exitCodes.cancelled);
      cancel.abort();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    try {
      const state = stateFolder(process.env, process.platform, homedir());
      const invocation: Invocation = {
        out,
        signal: cancel.signal,
        yes,
        transport,
        cwd: realFolder(directory),
        state,
        credentials: new Credentials(state, process.env),
        clients,
      };
      process.exitCode = (await work(invocation, ...(args.slice(0, -1) as unknown as Args))) ?? exitCodes.done;
    } catch (error) {
      const exit = exitCodeOf(error);
      out.error(error, exit);
      process.exitCode = exit;
    } finally {
      clients.close();
      out.idle();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  };
}

function realFolder(directory: string): string {
  try {
    return realpathSync(resolve(directory));
  } catch {
    throw new UsageError(`There is no folder ${directory}.`);
  }
}

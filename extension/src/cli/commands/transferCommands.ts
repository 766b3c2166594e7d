import { Command } from 'commander';
import { maxPushMessage } from '../../../../server/src/contract/schemas';
import { forceConfirmation } from '../../messages/confirmations';
import type { ForceAnswer, ForcePushPlan } from '../../sync/push/forcePush';
import { action, globalOptions, yesOption, type Invocation } from '../folder/invocation';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { pathsAtOrIn, pathsInFolder, requireTracked } from '../folder/paths';
import { runPull, runPush, runSync, showPush } from '../folder/transfers';
import type { ExitCode } from '../terminal/exitCodes';
import { agree } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';

interface PushOptions {
  readonly force?: boolean;
  readonly message?: string;
}

export function pushCommand(): Command {
  const command = new Command('push')
    .description('send the changes of the tracked files')
    .argument('[path...]', 'only the changes at and in these paths')
    .option('-f, --force', "replace the server's versions by all tracked files of this machine")
    .option('-m, --message <text>', "a line for the server's history");
  return globalOptions(yesOption(command, 'do not ask, not even before many deletions'))
    .addHelpText(
      'after',
      '\nIn place of "soc_push -f", use "palmtree push -f". It lists the files that it would replace, and asks.',
    )
    .action(action((invocation, typed: string[], options: PushOptions) => push(invocation, typed, options)));
}

function push(invocation: Invocation, typed: readonly string[], options: PushOptions): Promise<ExitCode> {
  const { force = false, message } = options;
  if (force && typed.length > 0) throw new UsageError('--force pushes all tracked files. Leave out the paths.');
  if (force && message !== undefined) throw new UsageError('--force takes no message.');
  checkMessage(message);
  return withFolder(invocation, async (folder) => {
    if (force) return forcePush(invocation, folder);
    return (await runPush(invocation, folder, { message, only: await changesAt(invocation, folder, typed) })).exit;
  });
}

async function forcePush(invocation: Invocation, folder: OpenFolder): Promise<ExitCode> {
  const { sync, reporter } = folder;
  const result = await sync.forcePush(reporter, (plan) => agreesToForce(invocation, plan));
  return showPush(invocation.out, folder, result);
}

async function agreesToForce(invocation: Invocation, plan: ForcePushPlan): Promise<ForceAnswer> {
  const { replaced, deleted, added } = plan;
  // Without it, nothing but a verification happens.
  if (replaced.length + deleted.length + added.length > 0) {
    await agree(invocation, {
      ...forceConfirmation(plan),
      refusal: 'A forced push replaces files on the server. Pass --yes to agree, since there is no terminal to ask on.',
    });
  }
  return true;
}

interface PullOptions {
  readonly held?: boolean;
}

export function pullCommand(): Command {
  const command = new Command('pull')
    .description("get the server's changes, and merge texts that both sides changed")
    .argument('[path...]', 'only the changes at and in these paths')
    .option('--held', 'also pull the files that a pull holds because others push to the tree');
  return globalOptions(yesOption(command, 'do not ask, not even before many deletions'))
    .addHelpText('after', '\nIn place of "soc_pull", use "palmtree pull".')
    .action(action((invocation, typed: string[], options: PullOptions) => pull(invocation, typed, options)));
}

function pull(invocation: Invocation, typed: readonly string[], { held = false }: PullOptions): Promise<ExitCode> {
  return withFolder(invocation, async (folder) => {
    const { sync, reporter } = folder;
    if (held) await sync.held.reconsider();
    const only = await changesAt(invocation, folder, typed);
    // A user who names a path has decided about it.
    if (only !== undefined) return (await runPull(invocation, folder, { only, approved: only })).exit;
    if (!held) return (await runPull(invocation, folder)).exit;
    await sync.rescan(reporter);
    const all = [...sync.pathStates].flatMap(([path, state]) => (state === 'held' ? [path] : []));
    return (await runPull(invocation, folder, { approved: new Set(all) })).exit;
  });
}

/** The changed paths at and in those that the user has typed; undefined for all. */
async function changesAt(
  { cwd }: Invocation,
  { sync, root, reporter }: OpenFolder,
  typed: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  if (typed.length === 0) return undefined;
  const paths = pathsInFolder(typed, cwd, root);
  await sync.rescan(reporter);
  requireTracked(sync, paths);
  return pathsAtOrIn(sync.pathStates.keys(), paths);
}

export function syncCommand(): Command {
  const command = new Command('sync')
    .description('pull, then push if nothing is left to check')
    .option('-m, --message <text>', "a line for the server's history");
  return globalOptions(yesOption(command, 'do not ask, not even before many deletions'))
    .addHelpText('after', '\nIn place of "soc_pull" and then "soc_push", use "palmtree sync".')
    .action(action((invocation, { message }: PushOptions) => sync(invocation, message)));
}

function sync(invocation: Invocation, message: string | undefined): Promise<ExitCode> {
  checkMessage(message);
  return withFolder(invocation, async (folder) => {
    const { exit, isPushed } = await runSync(invocation, folder, message);
    if (!isPushed) invocation.out.note('Nothing was pushed. Check these files, then run "palmtree push".');
    return exit;
  });
}

function checkMessage(message: string | undefined): void {
  if (message === undefined || message.length <= maxPushMessage) return;
  throw new UsageError(`A message has up to ${maxPushMessage} characters, not ${message.length}.`);
}

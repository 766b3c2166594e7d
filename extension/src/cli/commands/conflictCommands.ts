import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { PalmtreeError } from '../../errors';
import { conflictMessage } from '../../messages/conflictMessage';
import { fileCount } from '../../messages/format';
import { plainLine } from '../../messages/plainText';
import type { Choice } from '../../sync/conflicts/resolve';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { abortMerges, activeMerges, beginMerge, finishMerge, forgetMerges, isMineAgain } from '../folder/merges';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { pathsAtOrIn, pathsInFolder, withoutAny } from '../folder/paths';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
import { skippedSentence } from '../terminal/pathSentences';
import { UsageError } from '../terminal/usageError';

export function conflictsCommand(): Command {
  const command = new Command('conflicts').description('list the files that both sides changed; exit code 3 if any');
  return globalOptions(command).action(action((invocation) => conflicts(invocation)));
}

function conflicts(invocation: Invocation): Promise<ExitCode> {
  const { out } = invocation;
  return withFolder(invocation, async (folder) => {
    const { sync, reporter } = folder;
    await sync.rescan(reporter);
    const merging = new Set((await activeMerges(folder)).map(({ path }) => path));
    if (sync.conflicts.length === 0) out.note('There are no conflicts.');
    for (const conflict of sync.conflicts) {
      const { path } = conflict;
      const kind = merging.has(path) ? 'merge begun' : conflictMessage(conflict) || 'changed on both sides';
      out.result('conflict', { path, kind }, `${out.style('red', kind)}  ${plainLine(path)}`);
    }
    return sync.conflicts.length === 0 ? exitCodes.done : exitCodes.conflicts;
  });
}

interface ResolveOptions {
  readonly mine?: boolean;
  readonly theirs?: boolean;
  readonly both?: boolean;
  readonly merge?: boolean;
  readonly abort?: boolean;
  readonly all?: boolean;
}

const ways = ['mine', 'theirs', 'both', 'merge', 'abort'] as const;
type Way = (typeof ways)[number];

export function resolveCommand(): Command {
  const command = new Command('resolve').description('resolve conflicts').argument('[path...]', 'files and folders');
  for (const [flags, description] of [
    ['--mine', 'keep the version here; the next push sends it'],
    ['--theirs', "take the server's version; the one here is kept in a backup"],
    ['--both', "keep the version here, and save the server's under another name"],
    ['--merge', 'merge into the file, with conflict markers; again, to accept the edited file'],
    ['--abort', 'restore the files as they were before their merges'],
  ] as const) {
    const [name = ''] = flags.slice(2).split(' ');
    command.addOption(new Option(flags, description).conflicts(ways.filter((way) => way !== name)));
  }
  return globalOptions(command.option('--all', 'resolve all conflicts')).action(
    action((invocation, typed: string[], options: ResolveOptions) => resolve(invocation, typed, options)),
  );
}

function resolve(invocation: Invocation, typed: readonly string[], options: ResolveOptions): Promise<ExitCode> {
  const way = ways.find((one) => options[one] === true);
  if (way === undefined) throw new UsageError('Choose one of --mine, --theirs, --both, --merge and --abort.');
  if (typed.length === 0 && options.all !== true) throw new UsageError('Name the files, or pass --all.');
  const { cwd } = invocation;
  return withFolder(invocation, async (folder) => {
    const { sync, root, reporter } = folder;
    await sync.rescan(reporter);
    const merging = (await activeMerges(folder)).map(({ path }) => path);
    const known = way === 'abort' ? merging : [...sync.conflicts.map(({ path }) => path), ...merging];
    const wanted = typed.length === 0 ? [''] : pathsInFolder(typed, cwd, root);
    const paths = [...pathsAtOrIn(known, wanted)];
    const unknown = withoutAny(known, wanted);
    if (unknown.length > 0) {
      const details = { paths: unknown.filter(Boolean) };
      throw new PalmtreeError(way === 'abort' ? 'no_merge' : 'no_conflict', 'none', { details });
    }
    return decide(invocation, folder, paths, way);
  });
}

async function decide({ out }: Invocation, folder: OpenFolder, paths: readonly string[], way: Way): Promise<ExitCode> {
  if (way === 'merge') return mergeAll(out, folder, paths);
  const inConflict = new Set(folder.sync.conflicts.map(({ path }) => path));
  // --mine and --both keep the version from before the merge, so the file must have it again. --theirs replaces the file, and
  // needs only the conflict, which is hidden while the file equals the ancestor.
  const backups = await abortMerges(folder, way === 'theirs' ? paths.filter((path) => !inConflict.has(path)) : paths);
  if (way === 'abort') {
    out.result('aborted', { paths, backups }, 'The files are as before their merges, and in conflict.');
    for (const backup of backups) out.note(`The merge so far is kept in ${backup}.`);
    return exitCodes.done;
  }
  return resolveAs(out, folder, paths, way);
}

async function resolveAs(
  out: Invocation['out'],
  folder: OpenFolder,
  paths: readonly string[],
  choice: Choice,
): Promise<ExitCode> {
  const { sync, reporter } = folder;
  const { resolved, theirPaths, skipped, backup } = await sync.resolve(reporter, { paths, choice });
  await forgetMerges(folder, new Set(resolved));
  const left = sync.conflicts.length;
  const fields = { choice, resolved, theirPaths: Object.fromEntries(theirPaths), skipped, conflicts: left, backup };
  const rest = left === 1 ? '1 conflict is left.' : `${left === 0 ? 'No' : left} conflicts are left.`;
  out.result('resolved', fields, `Resolved ${fileCount(resolved.length)}. ${rest}`);
  if (existsSync(backup)) out.note(`Your versions are kept in ${backup}.`);
  for (const [mine, theirs] of theirPaths) out.note(`The server's version of ${mine} is ${theirs}.`);
  for (const one of skipped) out.warn(skippedSentence(one), { path: one.path, reason: one.reason });
  return skipped.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** Begins the merges of the paths, and finishes those that were begun. */
async function mergeAll(out: Invocation['out'], folder: OpenFolder, paths: readonly string[]): Promise<ExitCode> {
  const begun = new Map((await activeMerges(folder)).map((merge) => [merge.path, merge]));
  let exit: ExitCode = exitCodes.done;
  for (const path of paths) {
    const active = begun.get(path);
    if (active === undefined || (await isMineAgain(folder, active))) {
      const conflicts = await beginMerge(folder, path);
      const next = conflicts === 0 ? 'Check it' : `Edit it where it has conflict markers (${conflicts})`;
      out.result(
        'merging',
        { path, conflicts },
        `${plainLine(path)} is merged. ${next}, then run the same command to accept it.`,
      );
      exit = exitCodes.conflicts;
      continue;
    }
    const finished = await finishMerge(folder, active);
    const isDone = finished === 'merged';
    const text = isDone ? 'is resolved; the next push sends it.' : 'is in conflict with a newer version of the server.';
    out.result('merged', { path, finished }, `${plainLine(path)} ${text}`);
    if (!isDone) exit = exitCodes.conflicts;
  }
  return exit;
}

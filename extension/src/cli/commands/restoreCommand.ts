import { Command } from 'commander';
import { isUnpushed } from '../../core/status/pathState';
import { restoreConfirmation } from '../../messages/confirmations';
import { fileCount } from '../../messages/format';
import { action, globalOptions, yesOption, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { notInRevision, parseRevisionPath, type RevisionPath } from '../folder/revisionPath';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
import { skippedSentence } from '../terminal/pathSentences';
import { agree } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';
import { headOf } from './historyCommands';

export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('put old versions of files into this folder; a push then sends them')
    .argument('<rev:path...>', 'such as 12:notes/plan.md, or 12: for the whole tree');
  return globalOptions(yesOption(command, 'do not ask before files are replaced'))
    .addHelpText(
      'after',
      '\nReplaced files are kept in a backup. "palmtree undo pull --backup FOLDER" undoes the restore.',
    )
    .action(action((invocation, versions: string[]) => restore(invocation, versions)));
}

function restore(invocation: Invocation, typed: readonly string[]): Promise<ExitCode> {
  const { out, cwd, signal } = invocation;
  return withFolder(invocation, async ({ sync, root, reporter }) => {
    const versions = typed.map((text) => parseRevisionPath(text, cwd, root));
    const revision = onlyRevision(versions) ?? (await headOf(sync, signal));
    const paths = versions.map(({ path }) => {
      if (path === undefined) throw new UsageError(`Name a path too, or "${revision}:" for the whole tree.`);
      return path;
    });
    const plan = await sync.planRestore(reporter, { paths, revision });
    if (plan.absent.length > 0) throw notInRevision(revision, plan.absent);
    const affected = [...plan.replaced, ...plan.untracked];
    const unpushed = new Set(affected.filter((path) => isUnpushed(sync.pathStates.get(path))));
    if (affected.length > 0) {
      await agree(invocation, {
        ...restoreConfirmation({ ...plan, paths, revision, unpushed }),
        refusal: `${fileCount(affected.length)} would be replaced. Pass --yes to agree, since there is no terminal to ask on.`,
      });
    }
    const only = new Set([...affected, ...plan.created]);
    const { written, skipped, backup } = await sync.restore(reporter, { paths, revision, only });
    const text = written.length === 0 ? 'Nothing differs from' : `${fileCount(written.length)} restored as in`;
    out.result('restored', { revision, written, skipped, backup }, `${text} revision ${revision}.`);
    if (written.length > 0) out.note(`"palmtree undo pull --backup ${backup}" undoes it.`);
    for (const one of skipped) out.warn(skippedSentence(one), { path: one.path, reason: one.reason });
    return skipped.length > 0 ? exitCodes.failed : exitCodes.done;
  });
}

function onlyRevision(versions: readonly RevisionPath[]): number | undefined {
  const revisions = new Set(versions.map(({ revision }) => revision));
  if (revisions.size > 1) throw new UsageError('Restore one revision at a time.');
  return versions[0]?.revision;
}

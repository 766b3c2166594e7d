import { Command } from 'commander';
import { fileCount } from '../../messages/format';
import { pathSection } from '../../messages/pathList';
import { skippedMessage } from '../../messages/skippedMessages';
import { action, globalOptions, yesOption, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { parseRevisionPath, type RevisionPath } from '../folder/revisionPath';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
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
    const { replaced, untracked, created } = plan;
    const affected = [...replaced, ...untracked];
    const detail = [
      pathSection('Will be replaced here', replaced),
      pathSection('Untracked files that will be replaced here, and tracked', untracked),
      pathSection('Will be created here', created),
    ].filter((part) => part !== '');
    out.idle();
    const isAgreed =
      affected.length === 0 ||
      (await agree(invocation, {
        question: `Restore revision ${revision}?`,
        detail: detail.join('\n'),
        refusal: `${fileCount(affected.length)} would be replaced. Without a terminal to ask on, --yes agrees.`,
      }));
    if (!isAgreed) throw new UsageError('Nothing was changed.');
    const only = new Set([...affected, ...created]);
    const { written, skipped, backup } = await sync.restore(reporter, { paths, revision, only });
    const text = written.length === 0 ? 'Nothing differs from' : `${fileCount(written.length)} restored as in`;
    out.result('restored', { revision, written, skipped, backup }, `${text} revision ${revision}.`);
    if (written.length > 0) out.note(`"palmtree undo pull --backup ${backup}" undoes it.`);
    for (const one of skipped) out.warn(skippedMessage(one), { path: one.path, reason: one.reason });
    return skipped.length > 0 ? exitCodes.failed : exitCodes.done;
  });
}

function onlyRevision(versions: readonly RevisionPath[]): number | undefined {
  const revisions = new Set(versions.map(({ revision }) => revision));
  if (revisions.size > 1) throw new UsageError('Restore one revision at a time.');
  return versions[0]?.revision;
}

import { resolve } from 'node:path';
import { Command } from 'commander';
import { undoPullConfirmation, undoPushConfirmation } from '../../messages/confirmations';
import { beforeRemovedMessage, changedSinceMessage, undonePullMessage } from '../../messages/undoMessages';
import { action, globalOptions, yesOption, type Invocation } from '../folder/invocation';
import { withFolder } from '../folder/openFolder';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
import { skippedSentence } from '../terminal/pathSentences';
import { agree } from '../terminal/questions';
import { headOf, positiveNumber } from './historyCommands';

export function undoCommand(): Command {
  const push = new Command('push')
    .description('undo a push by a new revision; files that changed since are left alone')
    .argument('[revision]', 'by default the newest one', positiveNumber);
  const pull = new Command('pull')
    .description('undo the last pull on this disk')
    .option('--backup <folder>', 'undo the pull, restore or decision with this backup instead');
  return new Command('undo')
    .description('undo a push or a pull')
    .addCommand(
      globalOptions(yesOption(push, 'do not ask')).action(
        action((invocation, revision: number | undefined) => undoPush(invocation, revision)),
      ),
    )
    .addCommand(
      globalOptions(yesOption(pull, 'do not ask')).action(
        action((invocation, { backup }: { readonly backup?: string }) => undoPull(invocation, backup)),
      ),
    );
}

function undoPush(invocation: Invocation, typed: number | undefined): Promise<void> {
  const { out, signal } = invocation;
  return withFolder(invocation, async ({ sync, reporter }) => {
    const revision = typed ?? (await headOf(sync, signal));
    const plan = await sync.planUndoPush(reporter, revision);
    await agree(invocation, { ...undoPushConfirmation(revision, plan), refusal });
    const undone = [...plan.reverted, ...plan.restored, ...plan.deleted];
    const result = await sync.undoPush(reporter, revision, new Set(undone));
    const left = [changedSinceMessage(result.changedSince), beforeRemovedMessage(result.beforeRemoved)];
    const text = `Push r${revision} undone by revision ${result.revision}.`;
    out.result('undone', { undone: revision, ...result }, text, ...left.filter((part) => part !== ''));
    out.note('"palmtree pull" updates this folder.');
  });
}

function undoPull(invocation: Invocation, backup: string | undefined): Promise<ExitCode> {
  const { out, cwd } = invocation;
  return withFolder(
    invocation,
    async ({ sync, reporter }) => {
      // The shell completes the name of a folder with a slash.
      const only = backup === undefined ? undefined : resolve(cwd, backup);
      const plan = await sync.planUndoPull(reporter, { only });
      const { restored, removed, lost } = plan;
      await agree(invocation, { ...undoPullConfirmation(plan), refusal });
      const paths = new Set([...restored, ...removed, ...lost]);
      const result = await sync.undoPull(reporter, { only: plan.backup, paths });
      const text = undonePullMessage(plan, result);
      const left = changedSinceMessage(result.changedSince);
      out.result('undone', { kind: plan.kind, ...result }, text, ...(left === '' ? [] : [left]));
      if (result.backup !== undefined) out.note(`Files that it replaced or removed are kept in ${result.backup}.`);
      for (const one of result.skipped) out.warn(skippedSentence(one), { path: one.path, reason: one.reason });
      return result.skipped.length > 0 ? exitCodes.failed : exitCodes.done;
    },
    { isServerOptional: true },
  );
}

const refusal = 'Pass --yes to agree, since there is no terminal to ask on.';

import { Command } from 'commander';
import { compareNaturally } from '../../core/paths';
import type { PathState } from '../../core/status/pathState';
import { isPalmtreeError } from '../../errors';
import { fileCount } from '../../messages/format';
import { heldMessage } from '../../messages/heldMessages';
import { pendingWords } from '../../messages/pendingWords';
import { pathSection } from '../../messages/pathList';
import { plainLine } from '../../messages/plainText';
import { excludedByMessage, ignoredKeysMessage } from '../../messages/sharedRulesMessages';
import type { FolderSync } from '../../sync/folder/folderSync';
import { action, globalOptions, type Invocation } from '../folder/invocation';
import { withFolder, type OpenFolder } from '../folder/openFolder';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
import type { Output } from '../terminal/output';
import { problemSentence } from '../terminal/pathSentences';
import type { Color } from '../terminal/style';

export function statusCommand(): Command {
  const command = new Command('status')
    .description('show what a push and a pull would do')
    .option('--verify', 'hash every tracked file again, and trust no time stamp');
  return globalOptions(command).action(
    action((invocation, { verify = false }: { readonly verify?: boolean }) => status(invocation, verify)),
  );
}

function status(invocation: Invocation, verify: boolean): Promise<ExitCode> {
  return withFolder(invocation, async (folder) => {
    const { sync, reporter } = folder;
    let exit: ExitCode = exitCodes.done;
    try {
      await sync.rescan(reporter, { verify });
    } catch (error) {
      // The changes of this disk are known all the same.
      if (!isPalmtreeError(error) || error.code === 'cancelled' || sync.state.kind === 'starting') throw error;
      exit = exitCodes.failed;
      invocation.out.error(error, exit);
    }
    showStatus(invocation, folder);
    return exit;
  });
}

function showStatus({ out }: Invocation, { sync, root }: OpenFolder): void {
  const { binding, revision, counts, isTracking, isChecked } = sync.state;
  const { server = '', tree = '' } = binding ?? {};
  const { knownRevision } = sync;
  const paths = [...sync.pathStates].sort(([a], [b]) => compareNaturally(a, b));
  const words = pendingWords(counts).join(' · ');
  const unchanged = isTracking
    ? `${isChecked ? 'Up to date' : 'No changes here'}: ${fileCount(counts.tracked)}.`
    : 'Nothing is tracked yet. "palmtree track PATH" picks files, "palmtree pull" gets those of the tree.';
  out.result(
    'status',
    { folder: root, server, tree, revision, knownRevision, ...counts },
    `${root} ↔ "${tree}" on ${server}, revision ${revision}`,
    words === '' ? unchanged : words,
    ...(paths.length === 0 ? [] : [paths.map(([path, state]) => line(path, state)).join('\n')]),
  );
  for (const [path, state] of paths) out.result('path', { path, state, ...reasonOf(path, state) });
  showSharedRules(out, sync);

  function line(path: string, state: PathState): string {
    const { word, color } = shown[state === 'incoming' && sync.isDeletedOnServer(path) ? 'deletedThere' : state];
    const problem = state === 'problem' ? sync.problemAt(path) : undefined;
    const held = state === 'held' ? sync.held.at(path) : undefined;
    const reason = problem ? problemSentence(problem) : held ? heldMessage(held) : '';
    return `  ${out.style(color, word.padEnd(width))}  ${plainLine(path)}${reason === '' ? '' : `  ${plainLine(reason)}`}`;
  }

  function reasonOf(path: string, state: PathState): { readonly reason?: string } {
    const reason = state === 'problem' ? sync.problemAt(path)?.reason : undefined;
    return reason === undefined ? {} : { reason };
  }
}

/** Names the files of the server that the shared rules exclude, and the keys of the shared settings that do not count. */
function showSharedRules(out: Output, { choice }: Pick<FolderSync, 'choice'>): void {
  const excluded = choice.sharedlyExcluded();
  for (const { path, by } of excluded) out.result('excluded', { path, by });
  const lines = excluded.map(({ path, by }) => `${path}  ${excludedByMessage(by)}`);
  if (lines.length > 0) out.note(pathSection('On the server, and not synced here', lines));
  const ignored = choice.sharedRules === undefined ? '' : ignoredKeysMessage(choice.sharedRules);
  if (ignored !== '') out.warn(ignored);
}

/** The words are those of the views in VS Code. */
const shown: Readonly<Record<PathState | 'deletedThere', { readonly word: string; readonly color: Color }>> = {
  modified: { word: 'modified', color: 'green' },
  added: { word: 'added', color: 'green' },
  deleted: { word: 'deleted', color: 'green' },
  both: { word: 'both changed', color: 'yellow' },
  conflict: { word: 'conflict', color: 'red' },
  problem: { word: 'problem', color: 'yellow' },
  held: { word: 'held', color: 'yellow' },
  incoming: { word: 'incoming', color: 'cyan' },
  deletedThere: { word: 'deleted there', color: 'cyan' },
};

const width = Math.max(...Object.values(shown).map(({ word }) => word.length));

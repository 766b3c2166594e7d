import * as vscode from 'vscode';
import type { PathState } from '../../core/status/pathState';
import { joined } from '../../messages/format';
import { pathSection } from '../../messages/pathList';
import { plainLine } from '../../messages/plainText';
import { withProgress } from '../shared/withProgress';
import { pullUnshown, pushUnshown } from '../sync/runs';
import { showRun, type TransferDeps } from '../sync/showRun';
import { notifyWithActions, undoAction } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { limitTo, pullOutcome, pushOutcome } from './apiValues';
import { ToolError } from './toolError';
import type { ToolInput } from './toolInputs';

/** The paths of each kind that a question lists. VS Code scrolls it; a dialog, which cannot scroll, lists fewer. */
const maxListed = 50;

/** The question that VS Code asks before a tool changes something. */
export interface Question {
  readonly title: string;
  readonly detail: string;
  /** All paths that the tool may change if the user agrees; undefined if it limits itself. */
  readonly covered?: readonly string[];
}

export async function pushQuestion(
  { sync }: SyncedFolder,
  { paths, message }: ToolInput<'palmtree_push'>,
): Promise<Question> {
  const { tree = '', server = '' } = sync.state.binding ?? {};
  // A model pushes what it has just written. If the scan fails, so does the push, which says why.
  await withProgress(vscode.l10n.t('Palmtree: Push'), (reporter) => sync.rescan(reporter)).catch(() => undefined);
  const changed = pushablePaths(sync, paths);
  const lines = [
    pushSections(sync, changed),
    message === undefined ? '' : vscode.l10n.t('Message: {0}', plainLine(message)),
    vscode.l10n.t('Undo Push… takes it back with a new revision.'),
  ];
  return {
    title: vscode.l10n.t('Push to "{0}" on {1}?', tree, server),
    detail: joined('\n\n', ...lines),
    covered: changed,
  };
}

/** Pushes no more than `covered`: files may have changed since the question. */
export async function push(
  deps: TransferDeps,
  owner: SyncedFolder,
  { paths, message }: ToolInput<'palmtree_push'>,
  covered: readonly string[] = pushablePaths(owner.sync, paths),
): Promise<unknown> {
  const only = new Set(covered);
  const run = async () => {
    const done = await pushUnshown(deps, owner, {}, { only, message });
    // The user sees the result as after a push of their own, with Undo.
    showRun(deps, owner, undefined, { push: done, again: run });
    return done;
  };
  const { result, text } = await run();
  const { folder: _, ...outcome } = pushOutcome(owner.folder, result);
  const isChanged = result.put + result.deleted > 0;
  const undo = isChanged ? `"Palmtree: Undo Push…" with revision ${result.revision}` : undefined;
  return { ...outcome, summary: text, undo };
}

export function pullQuestion({ sync }: SyncedFolder, { paths }: ToolInput<'palmtree_pull'>): Question {
  const { tree = '', server = '' } = sync.state.binding ?? {};
  const lines = [
    pullSections(sync, pendingPaths(sync, paths, ['incoming', 'both'])),
    vscode.l10n.t('Files that are replaced or deleted are kept in a backup. Undo Last Pull… takes it back.'),
  ];
  return { title: vscode.l10n.t('Pull from "{0}" on {1}?', tree, server), detail: joined('\n\n', ...lines) };
}

export async function pull(
  deps: TransferDeps,
  owner: SyncedFolder,
  { paths }: ToolInput<'palmtree_pull'>,
): Promise<unknown> {
  const run = async () => {
    const done = await pullUnshown(deps, owner, {}, limitTo(paths));
    showRun(deps, owner, undefined, { pull: done, pullOptions: limitTo(paths), again: run });
    return done;
  };
  const { result, text } = await run();
  const { folder: _, ...outcome } = pullOutcome(owner.folder, result);
  return { ...outcome, summary: text, undo: result.undo.length > 0 ? '"Palmtree: Undo Last Pull…"' : undefined };
}

export function restoreQuestion(_owner: SyncedFolder, { path, revision }: ToolInput<'palmtree_restore'>): Question {
  return {
    title: vscode.l10n.t('Restore {0} from revision {1}?', path, revision),
    detail: vscode.l10n.t('The file here is kept in a backup, and the notification has an Undo button.'),
  };
}

export async function restore(
  { log }: TransferDeps,
  owner: SyncedFolder,
  { path, revision }: ToolInput<'palmtree_restore'>,
): Promise<unknown> {
  const { folder, sync } = owner;
  // Invariant: only the user agrees to a file that a pull holds back, or that this machine does not track.
  if (!sync.isTracked(path) || sync.pathStates.get(path) === 'held') {
    throw new ToolError(`${JSON.stringify(path)} is not tracked, or is held until the user decides about it.`);
  }
  const hasUnsavedEdits = (one: string): boolean => unsavedPaths(folder).has(one);
  const title = vscode.l10n.t('Palmtree: Restore');
  const request = { paths: [path], revision };
  const plan = await withProgress(title, (reporter) => sync.planRestore(reporter, request));
  // The question names one file.
  const only = new Set([...plan.replaced, ...plan.created].filter((one) => one === path));
  const result = await withProgress(title, (reporter) =>
    sync.restore(reporter, { ...request, only }, { hasUnsavedEdits }),
  );
  const text = vscode.l10n.t('{0} was restored from revision {1}.', path, revision);
  if (result.written.length > 0) void notifyWithActions(log, folder, text, [undoAction(log, owner, [result.backup])]);
  return { restored: result.written, skipped: result.skipped, untracked: plan.untracked };
}

/** The paths by the effect of a push. The user must not overlook a deletion, or a new file, behind many changed ones. */
function pushSections({ pathStates }: SyncedFolder['sync'], paths: readonly string[]): string {
  const inState = (state: PathState): string[] => paths.filter((path) => pathStates.get(path) === state);
  return sections(
    [vscode.l10n.t('Will be deleted on the server'), inState('deleted')],
    [vscode.l10n.t('Will be added on the server'), inState('added')],
    [vscode.l10n.t('Will be replaced on the server'), inState('modified')],
  );
}

/** The paths by the effect of a pull. One that both sides changed is merged, or left as it is. */
function pullSections(sync: SyncedFolder['sync'], paths: readonly string[]): string {
  const effects = Map.groupBy(paths, (path) => {
    if (sync.pathStates.get(path) === 'both') return 'replaced';
    if (sync.serverFiles.entry(path) === undefined) return 'deleted';
    return sync.isOnDisk(path) ? 'replaced' : 'created';
  });
  return sections(
    [vscode.l10n.t('Will be deleted here'), effects.get('deleted') ?? []],
    [vscode.l10n.t('Will be created here'), effects.get('created') ?? []],
    [vscode.l10n.t('Will be replaced here'), effects.get('replaced') ?? []],
  );
}

/** Sections with a number each, so whatever is not listed is counted. */
function sections(...all: readonly (readonly [title: string, paths: readonly string[]])[]): string {
  return joined('\n\n', ...all.map(([title, paths]) => pathSection(title, paths, maxListed)));
}

function pushablePaths(sync: SyncedFolder['sync'], paths: readonly string[] | undefined): string[] {
  return pendingPaths(sync, paths, ['modified', 'added', 'deleted']);
}

function pendingPaths(
  sync: SyncedFolder['sync'],
  paths: readonly string[] | undefined,
  states: readonly string[],
): string[] {
  const { only } = limitTo(paths);
  return [...sync.pathStates].flatMap(([path, state]) =>
    states.includes(state) && only?.has(path) !== false ? [path] : [],
  );
}

import * as vscode from 'vscode';
import { checkTitle, findingMessage } from '../../messages/checkMessages';
import { checkFolder, type CheckResult } from '../../sync/folder/folderChecks';
import { messageFor, type Message } from '../shared/errorMessages';
import { pickOne } from '../shared/quickInput';
import { commandOf } from '../shared/runAction';
import { setting } from '../shared/settings';
import { withProgress } from '../shared/withProgress';
import { callOptions, targetFolder } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface DoctorDeps {
  readonly folders: WorkspaceFolders;
  readonly log: vscode.LogOutputChannel;
}

interface Row {
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  /** The action that helps, if the check has failed. */
  readonly cure: Message['actions'][number] | undefined;
}

/** Checks what a push or pull of a folder needs, and lists the findings. Enter on a failure runs its cure. Throws cancelled. */
export async function doctor({ folders, log }: DoctorDeps, argument: unknown): Promise<CheckResult[] | undefined> {
  const options = callOptions(argument);
  const owner = await targetFolder(folders, argument);
  const results = await withProgress(vscode.l10n.t('Palmtree: Doctor'), async (reporter) => {
    const { sync } = owner;
    const { client } = sync;
    const checks = checkFolder({
      sync,
      reporter,
      rsyncPath: setting('rsyncPath'),
      transport: setting('transport'),
      client,
    });
    const found: CheckResult[] = [];
    for await (const result of checks) found.push(result);
    return found;
  });
  const rows = [...results.map(rowOf), ...(owner.sync.isConnected ? [] : [unconnectedRow()])];
  for (const { label, description } of rows) log.info(`${owner.folder.name}: ${label}: ${description}`);
  if (options !== undefined) return results;
  await show(owner, rows);
  return undefined;
}

async function show({ folder }: SyncedFolder, rows: readonly Row[]): Promise<void> {
  const failed = rows.filter(({ cure }) => cure !== undefined).length;
  const placeHolder =
    failed === 0
      ? vscode.l10n.t('Everything that a push or pull needs is in order')
      : vscode.l10n.t('Select a problem to fix it');
  const picked = await pickOne(rows, { title: vscode.l10n.t('Palmtree: Doctor'), placeHolder });
  if (picked?.cure === undefined) return;
  const { command, arguments: args = [] } = commandOf(picked.cure, folder.uri);
  await vscode.commands.executeCommand(command, ...(args as unknown[]));
}

function rowOf({ check, outcome }: CheckResult): Row {
  const label = checkTitle(check);
  if ('finding' in outcome) {
    return { icon: 'pass', label, description: findingMessage(outcome.finding), cure: undefined };
  }
  const { text, actions } = messageFor(outcome.error);
  return { icon: 'error', label, description: text, cure: actions[0] };
}

function unconnectedRow(): Row {
  const description = vscode.l10n.t('This folder is not connected to a server yet.');
  const cure = { title: vscode.l10n.t('Connect…'), command: 'connect' } as const;
  return { icon: 'error', label: checkTitle('server'), description, cure };
}

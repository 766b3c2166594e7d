import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { commandIds, section, type CommandName } from '../shared/ids';
import { plainLine, plainLines } from '../../messages/plainText';
import { commandOf } from '../shared/runAction';
import { isAutomated, isAutomationPaused } from '../workspace/automationState';
import { indicatorFor, isTimed, spoken, type Indicator } from './indicator';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Messages, which have almost 0, are shown to the right of the item: otherwise they would move it as they come and go. */
const priority = 1;

export function createStatusBar(folders: WorkspaceFolders): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('push', vscode.StatusBarAlignment.Left, priority);
  item.name = 'Palmtree';
  let timer: NodeJS.Timeout | undefined;
  const refresh = (): void => {
    clearTimeout(timer);
    if (folders.all.length === 0) {
      item.hide();
      return;
    }
    const owners = folders.all;
    const states = owners.map(({ folder: { name }, sync: { state } }) => ({ name, state }));
    // "3 minutes ago" and "Next try in 3 s" change without an event.
    if (states.some(({ state }) => isTimed(state))) timer = setTimeout(refresh, 1_000);
    else if (states.some(({ state: { head } }) => head !== undefined)) timer = setTimeout(refresh, 60_000);
    const indicator = indicatorFor(states, new Date());
    item.text = indicator.text;
    item.tooltip = tooltip(indicator, owners);
    item.accessibilityInformation = { label: `Palmtree: ${plainLine(spoken(indicator.tooltip))}` };
    const command = commandFor(indicator, owners);
    // For a moment after each assignment, VS Code does not know the command of the item that it still shows: a click fails.
    if (!isDeepStrictEqual(command, item.command)) item.command = command;
    item.backgroundColor = indicator.background && new vscode.ThemeColor('statusBarItem.warningBackground');
    item.show();
  };
  const subscription = vscode.Disposable.from(
    folders.onDidChange(refresh),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) refresh();
    }),
  );
  refresh();
  return vscode.Disposable.from(item, subscription, { dispose: () => clearTimeout(timer) });
}

/** The command of a click: for one folder, or for the user to choose among several. */
function commandFor(
  { command, args, targets }: Indicator,
  owners: readonly SyncedFolder[],
): vscode.Command | undefined {
  if (command === undefined) return undefined;
  const uris = targets.flatMap((index) => owners[index]?.folder.uri ?? []);
  const action = { title: 'Palmtree', command, ...(args && { args }) };
  if (uris.length > 1 && args === undefined) return commandOf({ ...action, args: [uris] }, undefined);
  return commandOf(action, uris[0]);
}

function tooltip(indicator: Indicator, owners: readonly SyncedFolder[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**Palmtree**\n\n`);
  markdown.appendText(plainLines(indicator.tooltip));
  if (indicator.command === undefined || indicator.command === 'connect') return markdown;
  const hidden = new Set<string>([
    ...(owners.some(isAutomated) ? [] : ['pauseAutomation']),
    ...(owners.some(isAutomationPaused) ? [] : ['resumeAutomation']),
  ]);
  const links = Object.entries(linkTitles)
    .filter(([name]) => !hidden.has(name))
    .map(([name, title]) => `[${title}](command:${commandIds[name as Linked]})`);
  markdown.appendMarkdown(`\n\n${links.join(' · ')}`);
  markdown.isTrusted = { enabledCommands: (Object.keys(linkTitles) as Linked[]).map((name) => commandIds[name]) };
  return markdown;
}

const linkTitles = {
  push: vscode.l10n.t('Push'),
  pull: vscode.l10n.t('Pull'),
  sync: vscode.l10n.t('Sync'),
  review: vscode.l10n.t('Review Changes'),
  rescan: vscode.l10n.t('Rescan'),
  pauseAutomation: vscode.l10n.t('Pause Automation'),
  resumeAutomation: vscode.l10n.t('Resume Automation'),
  showLog: vscode.l10n.t('Show Log'),
} as const satisfies Partial<Record<CommandName, string>>;

type Linked = keyof typeof linkTitles;

import * as vscode from 'vscode';
import { commandIds, viewId } from './ids';
import { indicatorFor, type Indicator } from './indicator';
import type { WorkspaceFolders } from './workspaceFolders';

export function createStatusBar(folders: WorkspaceFolders): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('push', vscode.StatusBarAlignment.Left);
  item.name = 'Palmtree';
  const refresh = (): void => {
    if (folders.all.length === 0) {
      item.hide();
      return;
    }
    const indicator = indicatorFor(folders.all.map(({ sync }) => sync.state));
    item.text = indicator.text;
    item.tooltip = tooltip(indicator);
    item.accessibilityInformation = { label: `Palmtree: ${indicator.tooltip}` };
    item.command = commandFor(indicator.command);
    item.backgroundColor = indicator.background && new vscode.ThemeColor('statusBarItem.warningBackground');
    item.show();
  };
  const subscription = folders.onDidChange(refresh);
  refresh();
  return vscode.Disposable.from(item, subscription);
}

function commandFor(command: Indicator['command']): string | undefined {
  if (command === undefined) return undefined;
  return command === 'focusView' ? `${viewId}.focus` : commandIds[command];
}

function tooltip(indicator: Indicator): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**Palmtree**\n\n`);
  markdown.appendText(indicator.tooltip);
  if (indicator.command === undefined || indicator.command === 'connect') return markdown;
  const links = (['push', 'pull', 'rescan', 'showLog'] as const).map((name) => {
    return `[${{ push: 'Push', pull: 'Pull', rescan: 'Rescan', showLog: 'Log' }[name]}](command:${commandIds[name]})`;
  });
  markdown.appendMarkdown(`\n\n${links.join(' · ')}`);
  markdown.isTrusted = { enabledCommands: Object.values(commandIds) };
  return markdown;
}

import * as vscode from 'vscode';
import { showInStatusBar } from '../shared/notification';
import { isAutomated, isAutomationPaused } from '../workspace/automationState';
import { targetFolder } from '../workspace/callOptions';
import type { WorkspaceFolders } from '../workspace/workspaceFolders';

/** Stops pushing and pulling without being asked, until the user resumes it. Commands of the user still work. */
export async function pauseAutomation(folders: WorkspaceFolders, argument: unknown): Promise<void> {
  const { sync } = await targetFolder(folders, argument, isAutomated);
  await sync.pause.set(true);
  showInStatusBar(vscode.l10n.t('automation is paused'));
}

export async function resumeAutomation(folders: WorkspaceFolders, argument: unknown): Promise<void> {
  const { sync } = await targetFolder(folders, argument, isAutomationPaused);
  await sync.pause.set(false);
  showInStatusBar(vscode.l10n.t('automation is on'));
}

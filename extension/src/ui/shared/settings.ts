import * as vscode from 'vscode';
import { commaList } from '../../messages/format';
import { section, settingDefaults, type SettingName } from './ids';
import { isSetLocally, localSetting, type SharedFiles } from './localSetting';
import { showNotification } from './notification';
import { expectedSetting, isValidSetting, settingFallback } from './settingSchema';

type Settings = typeof settingDefaults;

let isShared: (file: vscode.Uri) => boolean = () => false;

/** From now on, only safe settings count in the files for which `test` is true: those that Palmtree syncs. */
export function distrustSharedFiles(test: (file: vscode.Uri) => boolean): void {
  isShared = test;
}

/**
 * The value of a setting as far as it was set on this machine, see `localSetting`. `exclude` is returned as it is, because
 * what can be read of it applies.
 */
export function setting<N extends SettingName>(name: N, folder?: vscode.Uri): Settings[N] {
  const value = localValue(name, folder);
  return name === 'exclude' || isValidSetting(name, value) ? (value as Settings[N]) : settingFallback(name);
}

/**
 * Whether texts are merged; `shared` if this machine does not set it, so that the shared rules do. In a workspace that is not
 * trusted, they do not.
 */
export function mergeSetting(folder: vscode.Uri): boolean | 'shared' {
  const values = vscode.workspace.getConfiguration(section, folder).inspect<unknown>('autoMerge');
  const isOwn = isSetLocally(values ?? {}, sharedFilesOf(folder));
  return isOwn || !vscode.workspace.isTrusted ? setting('autoMerge', folder) : 'shared';
}

/** Whether a settings file that Palmtree syncs sets this for the folder, so that its value does not count. */
export function isSetByOthers(name: 'serverUrl' | 'tree', folder: vscode.Uri): boolean {
  return rawSetting(name, folder) !== localValue(name, folder);
}

function localValue(name: SettingName, folder: vscode.Uri | undefined): unknown {
  const raw = rawSetting(name, folder);
  const shared = sharedFilesOf(folder);
  if (!shared.workspace && !shared.folder) return raw;
  const values = vscode.workspace.getConfiguration(section, folder ?? null).inspect<unknown>(name);
  return localSetting(name, raw, values ?? {}, shared) ?? settingDefaults[name];
}

function sharedFilesOf(folder: vscode.Uri | undefined): SharedFiles {
  const { workspaceFile } = vscode.workspace;
  const isFolder = isSharedFolder(folder);
  return { workspace: workspaceFile === undefined ? isFolder : isShared(workspaceFile), folder: isFolder };
}

function isSharedFolder(folder: vscode.Uri | undefined): boolean {
  return folder !== undefined && isShared(vscode.Uri.joinPath(folder, '.vscode/settings.json'));
}

/** Settings can have any value: a file can be edited by hand. */
function rawSetting(name: SettingName, folder?: vscode.Uri): unknown {
  return vscode.workspace.getConfiguration(section, folder ?? null).get<unknown>(name, settingDefaults[name]);
}

/** Names the settings of a folder whose values are not valid, among those that `affects`, and what each has to be. */
export async function warnOfInvalidSettings(
  folder: vscode.WorkspaceFolder,
  affects: (name: SettingName) => boolean = () => true,
): Promise<void> {
  const names = Object.keys(settingDefaults) as SettingName[];
  const invalid = names.filter((name) => affects(name) && !isValidSetting(name, rawSetting(name, folder.uri)));
  if (invalid.length === 0) return;
  const list = commaList(invalid.map(expectedSetting));
  const text =
    invalid.length === 1
      ? vscode.l10n.t('A setting of {0} is not valid, so a safe value is used: {1}.', folder.name, list)
      : vscode.l10n.t('Settings of {0} are not valid, so safe values are used: {1}.', folder.name, list);
  const open = vscode.l10n.t('Open Settings');
  const picked = await showNotification('warning', `Palmtree: ${text}`, open);
  if (picked !== open) return;
  const query = `@id:${invalid.map((name) => `${section}.${name}`).join(',')}`;
  // The settings editor opens on the user's settings, where the values of a folder are not.
  const isOfFolder = invalid.some((name) => isSetInWorkspace(name, folder.uri));
  const command = isOfFolder ? 'workbench.action.openWorkspaceSettings' : 'workbench.action.openSettings';
  await vscode.commands.executeCommand(command, query);
}

function isSetInWorkspace(name: SettingName, folder: vscode.Uri): boolean {
  const values = vscode.workspace.getConfiguration(section, folder).inspect(name);
  return values?.workspaceFolderValue !== undefined || values?.workspaceValue !== undefined;
}

import * as vscode from 'vscode';
import { section, settingDefaults, type SettingName } from './ids';
import { expectedSetting, isValidSetting, settingFallback } from './settingSchema';

type Settings = typeof settingDefaults;

/** The value of a setting. `exclude` is returned as it is, because what can be read of it applies. */
export function setting<N extends SettingName>(name: N, folder?: vscode.Uri): Settings[N] {
  const value = rawSetting(name, folder);
  return name === 'exclude' || isValidSetting(name, value) ? (value as Settings[N]) : settingFallback(name);
}

/** Settings can hold anything: a file can be edited by hand. */
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
  const [first] = invalid;
  if (first === undefined) return;
  const list = invalid.map(expectedSetting).join('; ');
  const text =
    invalid.length === 1
      ? vscode.l10n.t('A setting of {0} is not valid, so a safe value is used: {1}.', folder.name, list)
      : vscode.l10n.t('Settings of {0} are not valid, so safe values are used: {1}.', folder.name, list);
  const open = vscode.l10n.t('Open Settings');
  const picked = await vscode.window.showWarningMessage(`Palmtree: ${text}`, open);
  if (picked === open) await vscode.commands.executeCommand('workbench.action.openSettings', `${section}.${first}`);
}

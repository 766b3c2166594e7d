import * as vscode from 'vscode';
import { section, settingDefaults, type SettingName } from './ids';

type Settings = typeof settingDefaults;

export function setting<N extends SettingName>(name: N, folder?: vscode.Uri): Settings[N] {
  return vscode.workspace.getConfiguration(section, folder ?? null).get<Settings[N]>(name, settingDefaults[name]);
}

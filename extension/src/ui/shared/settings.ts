import * as vscode from 'vscode';
import { settingDefaults, type SettingName } from './ids';

type Settings = typeof settingDefaults;

export const section = 'palmtree';

export function setting<N extends SettingName>(name: N, folder?: vscode.Uri): Settings[N] {
  return vscode.workspace.getConfiguration(section, folder ?? null).get<Settings[N]>(name, settingDefaults[name]);
}

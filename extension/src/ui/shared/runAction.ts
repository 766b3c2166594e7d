import type * as vscode from 'vscode';
import { commandIds, type CommandName, type trackedViewId } from './ids';

/** Commands of the editor, and those that it has for each view. */
type EditorCommand =
  | `${typeof trackedViewId}.focus`
  | 'vscode.openFolder'
  | 'workbench.action.openSettings'
  | 'workbench.extensions.action.checkForUpdates'
  | 'workbench.trust.manage';

/** A button of a notification. */
export interface Action {
  readonly title: string;
  readonly command: CommandName | EditorCommand;
  /** The arguments; by default the workspace folder that the notification is about. */
  readonly args?: readonly unknown[];
}

/** The command of an action, with the arguments that it takes for `folder`. */
export function commandOf({ title, command, args }: Action, folder: vscode.Uri | undefined): vscode.Command {
  return { title, command: isOwn(command) ? commandIds[command] : command, arguments: [...(args ?? [folder])] };
}

function isOwn(command: Action['command']): command is CommandName {
  return command in commandIds;
}

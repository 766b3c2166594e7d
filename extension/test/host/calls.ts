import * as vscode from 'vscode';
import type { FolderStatus, PalmtreeApi } from '../../api/palmtree';

/** Runs a command of the extension as another extension does. */
export function call<T>(name: string, options: object = {}): Promise<T> {
  return Promise.resolve(vscode.commands.executeCommand<T>(`palmtree.${name}`, options));
}

/** Waits until the status of the first folder matches. */
export function statusWhere(api: PalmtreeApi, matches: (status: FolderStatus | undefined) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!matches(api.status())) return;
      subscription.dispose();
      resolve();
    };
    const subscription = api.onDidChangeStatus(check);
    check();
  });
}

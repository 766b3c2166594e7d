import * as vscode from 'vscode';

/** As much of the API of VS Code's git extension as is used here. */
interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): {
    readonly state: 'uninitialized' | 'initialized';
    readonly onDidChangeState: vscode.Event<unknown>;
  };
}

/** Git may never be ready, in a folder on a slow disk for example. */
const timeoutMs = 10_000;

/**
 * Resolves when git has found the repositories of the workspace, or is absent or off. VS Code takes the first source
 * control for the active one, whose branch the status bar shows, and that must be git's.
 */
export async function gitReady(): Promise<void> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (extension === undefined) return;
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
  await Promise.race([timeout, whenReady(extension).catch(() => undefined)]);
}

async function whenReady(extension: vscode.Extension<GitExtension>): Promise<void> {
  const git = await extension.activate();
  if (!git.enabled) return;
  const api = git.getAPI(1);
  if (api.state === 'initialized') return;
  await new Promise<void>((resolve) => {
    const subscription = api.onDidChangeState(() => {
      subscription.dispose();
      resolve();
    });
  });
}
